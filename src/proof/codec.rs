//! The bytes of an interaction proof.

use super::{
    features::{PRIVATE_COUNT, PRIVATE_MAX, PrivateFeatures},
    interaction_proof::{InteractionProof, Private},
    limits::{
        MAX_AGE_MS, MAX_DWELL_MS, MAX_PIXEL_RATIO_16, MAX_SAMPLES, MAX_STEP_PX, PRIVATE_DETAIL,
        PRIVATE_DWELLS_MS, WINDOW_MS,
    },
    marks::Marks,
    press::{Flags, Kind, Press, Sample},
    varint::{Reader, push, unzigzag, zigzag},
};
use crate::error::{Code, Detail, Error, Result};
use alloc::vec::Vec;

/// The version with a trajectory.
const TRAJECTORY: u8 = 1;

/// The version of privacy mode.
const PRIVATE: u8 = 2;

/// Longest proof in bytes: what 600 characters of a structured-field byte sequence hold, colons included.
pub const MAX_BYTES: usize = (600 - 2) / 4 * 3;

/// The zigzag form of −[`MAX_STEP_PX`] and of [`MAX_STEP_PX`] is at most this.
const MAX_STEP_CODE: u16 = 16_382;

const fn malformed(detail: Detail) -> Error {
    Code::ProofMalformed.because(detail)
}

impl InteractionProof {
    /// The bytes, at most [`MAX_BYTES`].
    ///
    /// Every number is limited to its range. Samples that go beyond [`WINDOW_MS`], [`MAX_SAMPLES`] or
    /// the length are left out, the oldest first. What is written always decodes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(MAX_BYTES);
        let (version, flags) = match self.private {
            None => (TRAJECTORY, self.flags),
            Some(_) => (PRIVATE, Flags { coalesced: false, fractional: false, ..self.flags }),
        };
        out.extend([version, flags.bits(), self.kind.code()]);
        out.extend(self.event_id);
        out.extend(self.age_ms.min(MAX_AGE_MS).to_be_bytes());
        out.extend(self.action_hash);
        if let Some(private) = &self.private {
            push_private(&mut out, &self.press, private, self.kind);
            return out;
        }
        push_press(&mut out, &self.press, self.kind);
        // One byte for the count, which is below 128.
        let (count, samples) =
            pack(self.pointer_samples(), MAX_BYTES.saturating_sub(out.len() + 1));
        push(&mut out, count);
        out.extend(samples);
        out
    }

    /// Reads exactly one proof.
    ///
    /// # Errors
    /// `ERR_PROOF_MALFORMED` for anything that [`InteractionProof::encode`] would not write: another
    /// version, unknown flags or kinds, values out of range, integers in a longer form, a wrong length.
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_BYTES {
            return Err(malformed(&"the proof is longer than the limit"));
        }
        let mut reader = Reader::new(bytes);
        let is_private = match reader.byte()? {
            TRAJECTORY => false,
            PRIVATE => true,
            _ => return Err(malformed(&"unknown version")),
        };
        let flags = Flags::from_bits(reader.byte()?)
            .filter(|flags| !(is_private && (flags.coalesced || flags.fractional)))
            .ok_or(malformed(&"unknown flag"))?;
        let kind = Kind::from_code(reader.byte()?).ok_or(malformed(&"unknown kind"))?;
        let event_id = reader.array()?;
        let age_ms = u16::from_be_bytes(reader.array()?);
        if age_ms > MAX_AGE_MS {
            return Err(malformed(&"the interaction is too old"));
        }
        let action_hash = reader.array()?;
        let (press, samples, private) = if is_private {
            let (press, private) = read_private(&mut reader, kind)?;
            (press, Vec::new(), Some(private))
        } else {
            (read_press(&mut reader, kind)?, read_samples(&mut reader, kind)?, None)
        };
        if !reader.is_empty() {
            return Err(malformed(&"bytes after the proof"));
        }
        Ok(Self { flags, kind, event_id, age_ms, action_hash, press, samples, private })
    }

    fn pointer_samples(&self) -> &[Sample] {
        if self.kind.is_pointer() { &self.samples } else { &[] }
    }
}

fn push_press(out: &mut Vec<u8>, press: &Press, kind: Kind) {
    let offset = |permille: u16| {
        if kind.is_pointer() { permille.min(1000) } else { 0 }
    };
    let dwell = press.dwell_ms.map_or(0, |ms| ms.min(MAX_DWELL_MS) + 1);
    for value in [
        dwell,
        press.detail.into(),
        offset(press.offset_x),
        offset(press.offset_y),
        press.width,
        press.height,
        press.pixel_ratio_16.clamp(1, MAX_PIXEL_RATIO_16),
    ] {
        push(out, value.into());
    }
}

fn read_press(reader: &mut Reader<'_>, kind: Kind) -> Result<Press> {
    let dwell = reader.varint(MAX_DWELL_MS + 1, &"the dwell is out of range")?;
    let detail = reader.varint(u8::MAX.into(), &"the click detail is out of range")?;
    let offset_x = reader.varint(1000, &"the click offset is out of range")?;
    let offset_y = reader.varint(1000, &"the click offset is out of range")?;
    if !kind.is_pointer() && (offset_x, offset_y) != (0, 0) {
        return Err(malformed(&"a click offset without a pointer"));
    }
    let width = reader.varint(u16::MAX, &"the target's size is out of range")?;
    let height = reader.varint(u16::MAX, &"the target's size is out of range")?;
    let pixel_ratio_16 = reader.varint(MAX_PIXEL_RATIO_16, &"the pixel ratio is out of range")?;
    if pixel_ratio_16 == 0 {
        return Err(malformed(&"the pixel ratio is out of range"));
    }
    Ok(Press {
        dwell_ms: dwell.checked_sub(1),
        detail: u8::try_from(detail).map_err(|_| malformed(&"the click detail is out of range"))?,
        offset_x,
        offset_y,
        width,
        height,
        pixel_ratio_16,
    })
}

fn push_private(out: &mut Vec<u8>, press: &Press, private: &Private, kind: Kind) {
    let step = |ms| (1_u8..).zip(PRIVATE_DWELLS_MS).filter(|(_, least)| *least <= ms).last();
    let dwell = press.dwell_ms.and_then(step).map_or(0, |(step, _)| step);
    let (marks, movement) =
        if kind.hovers() { (private.marks, private.movement) } else { Default::default() };
    out.extend([dwell, press.detail.min(PRIVATE_DETAIL), marks.bits()]);
    match movement {
        None => out.push(0),
        Some(numbers) => {
            out.push(COUNT_BYTE);
            out.extend(numbers.map(|number| number.min(PRIVATE_MAX)));
        }
    }
}

/// [`PRIVATE_COUNT`] as it is written.
const COUNT_BYTE: u8 = 20;
const _: () = assert!(PRIVATE_COUNT == 20, "the count on the wire");

fn read_private(reader: &mut Reader<'_>, kind: Kind) -> Result<(Press, Private)> {
    let dwell_ms = match reader.byte()?.checked_sub(1) {
        None => None,
        Some(place) => Some(
            *PRIVATE_DWELLS_MS
                .get(usize::from(place))
                .ok_or(malformed(&"the dwell is out of range"))?,
        ),
    };
    let detail = reader.byte()?;
    if detail > PRIVATE_DETAIL {
        return Err(malformed(&"the click detail is out of range"));
    }
    let marks = Marks::from_bits(reader.byte()?).ok_or(malformed(&"unknown mark"))?;
    let movement = match reader.byte()? {
        0 => None,
        COUNT_BYTE => Some(reader.array::<PRIVATE_COUNT>()?),
        _ => return Err(malformed(&"not the number of numbers")),
    };
    if movement.is_some_and(|numbers: PrivateFeatures| numbers.iter().any(|n| *n > PRIVATE_MAX)) {
        return Err(malformed(&"a number is out of range"));
    }
    if !kind.hovers() && (marks != Marks::default() || movement.is_some()) {
        return Err(malformed(&"a movement without a mouse or pen"));
    }
    let press = Press { dwell_ms, detail, ..Press::default() }.coarse();
    Ok((press, Private { marks, movement }))
}

/// The newest samples that fit in `room` bytes, and their number.
fn pack(samples: &[Sample], room: usize) -> (u32, Vec<u8>) {
    let mut count = 0;
    let mut age = 0_u32;
    let mut out = Vec::with_capacity(room);
    for sample in samples.iter().take(MAX_SAMPLES) {
        age += u32::from(sample.dt_ms);
        if age > u32::from(WINDOW_MS) {
            break;
        }
        let before = out.len();
        push(&mut out, sample.dt_ms.into());
        for step in [sample.dx, sample.dy] {
            push(&mut out, zigzag(step.clamp(-MAX_STEP_PX, MAX_STEP_PX)).into());
        }
        if out.len() > room {
            out.truncate(before);
            break;
        }
        count += 1;
    }
    (count, out)
}

fn read_samples(reader: &mut Reader<'_>, kind: Kind) -> Result<Vec<Sample>> {
    const COUNT: Detail = &"the number of samples is out of range";
    let count = usize::from(reader.varint(u16::MAX, COUNT)?);
    if count > MAX_SAMPLES {
        return Err(malformed(COUNT));
    }
    if count > 0 && !kind.is_pointer() {
        return Err(malformed(&"samples without a pointer"));
    }
    let mut samples = Vec::with_capacity(count);
    let mut left = WINDOW_MS;
    for _ in 0..count {
        let dt_ms = reader.varint(left, &"the samples reach too far back")?;
        left -= dt_ms;
        let mut step = || reader.varint(MAX_STEP_CODE, &"a step is out of range").map(unzigzag);
        samples.push(Sample { dt_ms, dx: step()?, dy: step()? });
    }
    Ok(samples)
}

#[cfg(test)]
mod tests;
