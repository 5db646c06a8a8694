//! One interaction, as far as it got.

use crate::proof::{
    ActionHash, Flags, InteractionProof, Kind, MAX_AGE_MS, MAX_DWELL_MS, MAX_PIXEL_RATIO_16, Point,
    Press, quantise_unsigned,
    trajectory::{is_teleport, samples},
};

/// Where something was pressed: the target's box in client coordinates, CSS px.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Place {
    /// Left edge.
    pub left: f64,
    /// Top edge.
    pub top: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// `devicePixelRatio` of the window.
    pub pixel_ratio: f64,
}

/// A press, its release and its click. Times are those of events, in ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interaction {
    /// What the person acted with.
    pub kind: Kind,
    /// Random.
    pub event_id: [u8; 8],
    /// The press, with its position if the kind is a pointer.
    pub press: Point,
    /// When its latest event happened.
    pub at: f64,
    /// Press to release, once released.
    pub dwell: Option<f64>,
    /// `detail` of the click.
    pub detail: u8,
    /// The target.
    pub place: Place,
    /// Whether coalesced samples came with the movement before it.
    pub coalesced: bool,
    /// How many proofs it served.
    pub served: u8,
}

impl Interaction {
    /// An interaction that begins now.
    #[must_use]
    pub const fn new(kind: Kind, press: Point, place: Place, event_id: [u8; 8]) -> Self {
        Self {
            kind,
            event_id,
            press,
            at: press.t,
            dwell: None,
            detail: 0,
            place,
            coalesced: false,
            served: 0,
        }
    }

    /// Time since its latest event, ms. Clocks of events and of `now` are coarse: never negative.
    #[must_use]
    pub fn age(&self, now: f64) -> f64 {
        (now - self.at).max(0.0)
    }

    /// The press as a proof carries it.
    #[must_use]
    pub fn press_record(&self) -> Press {
        let offset = |at: f64, edge: f64, size: f64| match self.kind.is_pointer() {
            true if size > 0.0 => quantise_unsigned((at - edge) / size * 1000.0, 1000),
            _ => 0,
        };
        let place = &self.place;
        Press {
            dwell_ms: self.dwell.map(|ms| quantise_unsigned(ms, MAX_DWELL_MS)),
            detail: self.detail,
            offset_x: offset(self.press.x, place.left, place.width),
            offset_y: offset(self.press.y, place.top, place.height),
            width: quantise_unsigned(place.width, u16::MAX),
            height: quantise_unsigned(place.height, u16::MAX),
            pixel_ratio_16: quantise_unsigned(place.pixel_ratio * 16.0, MAX_PIXEL_RATIO_16).max(1),
        }
    }

    /// The proof of this interaction for an action. `path` is the movement before it, newest first.
    #[must_use]
    pub fn proof(
        &self,
        now: f64,
        action_hash: ActionHash,
        path: &[Point],
        webdriver: bool,
    ) -> InteractionProof {
        let path = || path.iter().copied();
        InteractionProof {
            flags: Flags {
                trusted: true,
                coalesced: self.coalesced,
                fractional: self.press.is_fractional() || path().any(Point::is_fractional),
                webdriver,
                teleport: is_teleport(self.press, path()),
            },
            kind: self.kind,
            event_id: self.event_id,
            age_ms: quantise_unsigned(self.age(now), MAX_AGE_MS),
            action_hash,
            press: self.press_record(),
            samples: samples(self.press, path()),
            private: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place =
        Place { left: 100.0, top: 50.0, width: 200.0, height: 40.0, pixel_ratio: 1.5 };

    fn press(x: f64, y: f64) -> Interaction {
        Interaction::new(Kind::Mouse, Point { t: 1000.0, x, y }, PLACE, [7; 8])
    }

    #[test]
    fn the_press_is_relative_to_its_target() {
        let record = press(150.0, 70.0).press_record();
        assert_eq!((record.offset_x, record.offset_y), (250, 500));
        assert_eq!((record.width, record.height, record.pixel_ratio_16), (200, 40, 24));
        let outside = press(0.0, 1000.0).press_record();
        assert_eq!((outside.offset_x, outside.offset_y), (0, 1000));
    }

    #[test]
    fn no_box_and_no_number_give_a_record_all_the_same() {
        let mut odd = press(f64::NAN, f64::INFINITY);
        odd.place = Place { width: f64::NAN, pixel_ratio: f64::NAN, ..Place::default() };
        odd.dwell = Some(f64::NEG_INFINITY);
        let record = odd.press_record();
        assert_eq!(
            (record.dwell_ms, record.offset_x, record.width, record.pixel_ratio_16),
            (Some(0), 0, 0, 1)
        );
        let bytes =
            odd.proof(f64::NAN, [0; 16], &[Point { t: f64::NAN, x: 1.0, y: 2.0 }], true).encode();
        assert!(InteractionProof::decode(&bytes).is_ok());
    }

    #[test]
    fn age_counts_from_the_latest_event() {
        let mut interaction = press(150.0, 70.0);
        interaction.at = 1090.4;
        assert_eq!(interaction.proof(1100.0, [0; 16], &[], false).age_ms, 10);
        assert_eq!(interaction.proof(1090.0, [0; 16], &[], false).age_ms, 0);
    }

    #[test]
    fn flags_come_from_the_movement() {
        let interaction = press(400.0, 70.0);
        let at = |x: f64| Point { t: 990.0, x, y: 70.0 };
        let flags = |path: &[Point]| interaction.proof(1000.0, [0; 16], path, false).flags;
        assert_eq!(flags(&[at(395.0)]), Flags { trusted: true, ..Flags::default() });
        assert!(flags(&[at(395.5)]).fractional);
        assert!(flags(&[at(300.0)]).teleport);
    }
}
