//! Interaction proofs made from structure: whatever a tracker measures, its proof is read back.

use super::proof_codec::{weighed, within_ranges};
use arbitrary::{Result, Unstructured};
use partitioned_authority::proof::{
    Flags, InteractionProof, Kind, MAX_AGE_MS, MAX_DWELL_MS, MAX_PIXEL_RATIO_16, Marks, Point,
    Press, Private, Sample,
    features::PRIVATE_MAX,
    thinned,
    trajectory::{is_teleport, samples},
};

/// The input decides a proof.
pub fn check(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let Ok(proof) = any_proof(&mut input) else { return };
    let bytes = proof.encode();
    let read = InteractionProof::decode(&bytes).unwrap();
    assert_eq!(read.encode(), bytes);
    within_ranges(&read);
    weighed(&read);

    // What was out of range was limited; everything else came through.
    assert_eq!((read.kind, read.event_id), (proof.kind, proof.event_id));
    assert_eq!(read.action_hash, proof.action_hash);
    assert_eq!(read.age_ms, proof.age_ms.min(MAX_AGE_MS));
    if let (Some(before), Some(after)) = (proof.private, read.private) {
        assert_eq!(read.flags, Flags { coalesced: false, fractional: false, ..proof.flags });
        assert_eq!(read.press, proof.press.coarse());
        if proof.kind.hovers() {
            let limited = before.movement.map(|numbers| numbers.map(|n| n.min(PRIVATE_MAX)));
            assert_eq!((after.marks, after.movement), (before.marks, limited));
        }
        return;
    }
    assert!(proof.private.is_none() && read.private.is_none(), "another version");
    assert_eq!(read.flags, proof.flags);
    let (before, after) = (&proof.press, &read.press);
    assert_eq!(after.dwell_ms, before.dwell_ms.map(|ms| ms.min(MAX_DWELL_MS)));
    assert_eq!(
        (after.detail, after.width, after.height),
        (before.detail, before.width, before.height)
    );
    assert_eq!(after.pixel_ratio_16, before.pixel_ratio_16.clamp(1, MAX_PIXEL_RATIO_16));
    if proof.kind.is_pointer() {
        assert_eq!(after.offset_x, before.offset_x.min(1000));
        assert_eq!(after.offset_y, before.offset_y.min(1000));
    }
    for (before, after) in proof.samples.iter().zip(&read.samples) {
        assert_eq!(before.dt_ms, after.dt_ms);
        assert_eq!(after.dx, before.dx.clamp(-8191, 8191));
        assert_eq!(after.dy, before.dy.clamp(-8191, 8191));
    }
}

fn any_proof(input: &mut Unstructured<'_>) -> Result<InteractionProof> {
    let [offset_x, offset_y, width, height, pixel_ratio_16]: [u16; 5] = input.arbitrary()?;
    Ok(InteractionProof {
        flags: Flags::from_bits(input.int_in_range(0..=31)?).unwrap(),
        kind: *input.choose(&Kind::ALL)?,
        event_id: input.arbitrary()?,
        age_ms: input.arbitrary()?,
        action_hash: input.arbitrary()?,
        press: Press {
            dwell_ms: input.arbitrary()?,
            detail: input.arbitrary()?,
            offset_x,
            offset_y,
            width,
            height,
            pixel_ratio_16,
        },
        samples: if input.arbitrary()? { any_samples(input)? } else { any_path(input)? },
        private: if input.ratio(1, 4)? { Some(any_private(input)?) } else { None },
    })
}

fn any_private(input: &mut Unstructured<'_>) -> Result<Private> {
    let marks = Marks::from_bits(input.int_in_range(0..=63)?).unwrap();
    Ok(Private { marks, movement: input.arbitrary()? })
}

fn any_samples(input: &mut Unstructured<'_>) -> Result<Vec<Sample>> {
    let mut out = Vec::new();
    for _ in 0..input.int_in_range(0..=110)? {
        let (dt, dx, dy): (u8, i16, i16) = input.arbitrary()?;
        out.push(Sample { dt_ms: u16::from(dt) * u16::from(dt % 9), dx, dy });
    }
    Ok(out)
}

/// Positions as a browser gives them, or as a broken one might: any floats at all.
fn any_path(input: &mut Unstructured<'_>) -> Result<Vec<Sample>> {
    let mut point = |wild: bool| -> Result<Point> {
        if wild {
            let [t, x, y]: [f64; 3] = input.arbitrary()?;
            return Ok(Point { t, x, y });
        }
        let [t, x, y]: [i16; 3] = input.arbitrary()?;
        let [t, x, y] = [t, x, y].map(|n| f64::from(n) / 8.0);
        Ok(Point { t, x, y })
    };
    let wild = point(false)?.t < 0.0;
    let press = point(wild)?;
    let path: Vec<Point> = (0..40).map_while(|_| point(wild).ok()).collect();
    let _ = is_teleport(press, path.iter().copied());
    let kept: Vec<Point> = thinned(press, path.iter().copied(), 20).collect();
    assert_eq!(kept.len(), path.len().min(20));
    Ok(samples(press, if input.arbitrary()? { kept } else { path }))
}
