//! Requests under way, by numbers that are never given twice while they could be meant.

/// Most that are under way at a time.
const MOST: usize = 1 << 16;

/// A place: its generation goes up with each tenant, so that an old number finds nothing.
#[derive(Debug)]
struct Place<T> {
    generation: u16,
    tenant: Option<T>,
}

/// A bounded set of values behind numbers: 16 bits of generation, 16 bits of place.
#[derive(Debug)]
pub(super) struct Slab<T> {
    places: Vec<Place<T>>,
    free: Vec<u16>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { places: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// Puts a value away; gives it back if there is no room.
    ///
    /// # Errors
    /// The value.
    pub(super) fn keep(&mut self, value: T) -> Result<u32, T> {
        let at = match self.free.pop() {
            Some(at) => at,
            None => match u16::try_from(self.places.len()) {
                Ok(at) if self.places.len() < MOST => {
                    self.places.push(Place { generation: 0, tenant: None });
                    at
                }
                _ => return Err(value),
            },
        };
        let Some(place) = self.places.get_mut(usize::from(at)) else { return Err(value) };
        place.tenant = Some(value);
        Ok(u32::from(place.generation) << 16 | u32::from(at))
    }

    /// Takes the value of a number, which is spent.
    pub(super) fn take(&mut self, number: u32) -> Option<T> {
        let [high, low, ..] = [number >> 16, number & 0xffff];
        let (generation, at) = (u16::try_from(high).ok()?, u16::try_from(low).ok()?);
        let place = self.places.get_mut(usize::from(at))?;
        if place.generation != generation {
            return None;
        }
        let value = place.tenant.take()?;
        place.generation = place.generation.wrapping_add(1);
        self.free.push(at);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_good_once() {
        let mut slab = Slab::default();
        let one = slab.keep("one").unwrap();
        let two = slab.keep("two").unwrap();
        assert_eq!(slab.take(one), Some("one"));
        assert_eq!(slab.take(one), None);
        let three = slab.keep("three").unwrap();
        assert_ne!(three, one, "the place is used again, the number is not");
        assert_eq!(slab.take(one), None);
        assert_eq!((slab.take(three), slab.take(two)), (Some("three"), Some("two")));
        assert_eq!(slab.take(u32::MAX), None);
    }

    #[test]
    fn what_has_no_room_is_given_back() {
        let mut slab = Slab::default();
        let numbers: Vec<_> = (0..MOST).map(|at| slab.keep(at).unwrap()).collect();
        assert_eq!(slab.keep(7), Err(7));
        assert_eq!(slab.take(numbers[9]), Some(9));
        assert!(slab.keep(7).is_ok());
        assert_eq!(slab.keep(8), Err(8));
    }
}
