//! Every refusal has an accepted twin: the same bytes but for the one fault.

use super::*;
use crate::canonical::structured_field::byte_sequence;
use proptest::prelude::*;

fn proof() -> InteractionProof {
    InteractionProof {
        flags: Flags { trusted: true, coalesced: true, ..Flags::default() },
        kind: Kind::Mouse,
        event_id: [1, 2, 3, 4, 5, 6, 7, 8],
        age_ms: 5_000,
        action_hash: [9; 16],
        press: Press {
            dwell_ms: Some(90),
            detail: 1,
            offset_x: 480,
            offset_y: 1000,
            width: 120,
            height: 40,
            pixel_ratio_16: 16,
        },
        samples: vec![
            Sample { dt_ms: 16, dx: -3, dy: 4 },
            Sample { dt_ms: 17, dx: 8_191, dy: -8_191 },
        ],
    }
}

/// Offset of the press record: after version, flags, kind, id, age and hash.
const PRESS: usize = 29;

fn accepted(bytes: &[u8]) -> InteractionProof {
    let proof = InteractionProof::decode(bytes).unwrap();
    assert_eq!(proof.encode(), bytes);
    proof
}

fn refused(bytes: &[u8]) -> &'static str {
    let error = InteractionProof::decode(bytes).unwrap_err();
    assert_eq!(error.code, Code::ProofMalformed);
    error.detail
}

/// The bytes of `proof` with `bytes[at..at + old]` replaced by `new`.
fn with(proof: &InteractionProof, at: usize, old: usize, new: &[u8]) -> Vec<u8> {
    let mut bytes = proof.encode();
    bytes.splice(at..at + old, new.iter().copied());
    bytes
}

#[test]
fn the_layout_is_the_documented_one() {
    let mut expected = vec![1, 0b11, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x13, 0x88];
    expected.extend([9; 16]);
    expected.extend([91, 1, 0xe0, 3, 0xe8, 7, 120, 40, 16]);
    expected.extend([2, 16, 5, 8, 17, 0xfe, 0x7f, 0xfd, 0x7f]);
    assert_eq!(proof().encode(), expected);
    assert_eq!(accepted(&expected), proof());
}

#[test]
fn header_faults() {
    let proof = proof();
    assert_eq!(refused(&with(&proof, 0, 1, &[0])), "unknown version");
    assert_eq!(refused(&with(&proof, 0, 1, &[2])), "unknown version");
    accepted(&with(&proof, 1, 1, &[0b1_1111]));
    for bit in 5..8 {
        assert_eq!(refused(&with(&proof, 1, 1, &[1 << bit])), "unknown flag");
    }
    accepted(&with(&proof, 2, 1, &[2]));
    assert_eq!(refused(&with(&proof, 2, 1, &[5])), "unknown kind");
    accepted(&with(&proof, 11, 2, &5_000_u16.to_be_bytes()));
    assert_eq!(
        refused(&with(&proof, 11, 2, &5_001_u16.to_be_bytes())),
        "the interaction is too old"
    );
}

#[test]
fn press_faults() {
    let proof = proof();
    let press = [91, 1, 0xe0, 3, 0xe8, 7, 120, 40, 16];
    let at = |index: usize, old: usize, new: &[u8]| {
        let mut record = press.to_vec();
        record.splice(index..index + old, new.iter().copied());
        with(&proof, PRESS, press.len(), &record)
    };
    assert_eq!(accepted(&at(0, 1, &[0])).press.dwell_ms, None);
    assert_eq!(accepted(&at(0, 1, &[0xb1, 0xea, 0x01])).press.dwell_ms, Some(30_000));
    assert_eq!(refused(&at(0, 1, &[0xb2, 0xea, 0x01])), "the dwell is out of range");
    accepted(&at(1, 1, &[0xff, 0x01]));
    assert_eq!(refused(&at(1, 1, &[0x80, 0x02])), "the click detail is out of range");
    assert_eq!(refused(&at(1, 1, &[0x81, 0x00])), "an integer is not in its shortest form");
    assert_eq!(refused(&at(4, 2, &[0xe9, 7])), "the click offset is out of range");
    accepted(&at(6, 1, &[0xff, 0xff, 0x03]));
    assert_eq!(refused(&at(6, 1, &[0x80, 0x80, 0x04])), "the target's size is out of range");
    accepted(&at(8, 1, &[0x80, 0x02]));
    assert_eq!(refused(&at(8, 1, &[0x81, 0x02])), "the pixel ratio is out of range");
    assert_eq!(refused(&at(8, 1, &[0])), "the pixel ratio is out of range");
}

#[test]
fn sample_faults() {
    let mut proof = proof();
    proof.samples = vec![Sample { dt_ms: 1, dx: 1, dy: 1 }];
    let count = PRESS + 9;
    accepted(&proof.encode());
    let full =
        |count: usize| [vec![u8::try_from(count).unwrap()], [0, 0, 0].repeat(count)].concat();
    assert_eq!(accepted(&with(&proof, count, 4, &full(100))).samples.len(), 100);
    assert_eq!(
        refused(&with(&proof, count, 4, &full(101))),
        "the number of samples is out of range"
    );
    accepted(&with(&proof, count, 4, &[2, 0xd0, 0x0f, 0, 0, 0, 0, 0]));
    assert_eq!(
        refused(&with(&proof, count, 4, &[2, 0xd0, 0x0f, 0, 0, 1, 0, 0])),
        "the samples reach too far back"
    );
    accepted(&with(&proof, count + 2, 1, &[0xfe, 0x7f]));
    assert_eq!(refused(&with(&proof, count + 2, 1, &[0xff, 0x7f])), "a step is out of range");
    let mut bytes = proof.encode();
    bytes.push(0);
    assert_eq!(refused(&bytes), "bytes after the proof");
    assert_eq!(refused(&vec![1; MAX_BYTES + 1]), "the proof is longer than the limit");
}

#[test]
fn without_a_pointer_there_is_no_position() {
    let mut proof = proof();
    assert_eq!(refused(&with(&proof, 2, 1, &[3])), "a click offset without a pointer");
    (proof.press.offset_x, proof.press.offset_y) = (0, 0);
    for kind in [3, 4] {
        assert_eq!(refused(&with(&proof, 2, 1, &[kind])), "samples without a pointer");
    }
    proof.samples.clear();
    for kind in [3, 4] {
        accepted(&with(&proof, 2, 1, &[kind]));
    }
}

#[test]
fn every_truncation_is_refused() {
    let bytes = proof().encode();
    for length in 0..bytes.len() {
        assert_eq!(refused(&bytes[..length]), "the proof is truncated", "{length}");
    }
}

#[test]
fn a_hundred_ordinary_samples_fit_in_600_characters() {
    let mut proof = proof();
    proof.samples = (0..100).map(|i| Sample { dt_ms: 20, dx: i % 63, dy: -(i % 63) }).collect();
    let bytes = proof.encode();
    assert_eq!(accepted(&bytes).samples.len(), 100);
    assert!(byte_sequence(&bytes).len() <= 600);
}

#[test]
fn the_oldest_samples_give_way() {
    let mut proof = proof();
    proof.press = Press {
        dwell_ms: Some(u16::MAX),
        detail: 255,
        width: 65_535,
        height: 65_535,
        ..proof.press
    };
    proof.samples = (0..100).map(|i| Sample { dt_ms: 16, dx: 4_000 + i, dy: -4_000 }).collect();
    let decoded = accepted(&proof.encode());
    assert!((70..100).contains(&decoded.samples.len()), "{}", decoded.samples.len());
    assert_eq!(decoded.samples, proof.samples[..decoded.samples.len()]);
}

fn any_sample() -> impl Strategy<Value = Sample> {
    (any::<u16>(), any::<i16>(), any::<i16>(), any::<bool>()).prop_map(|(dt, dx, dy, wide)| {
        if wide {
            Sample { dt_ms: dt, dx, dy }
        } else {
            Sample { dt_ms: dt % 40, dx: dx % 64, dy: dy % 64 }
        }
    })
}

prop_compose! {
    fn any_proof()(
        bits in 0..32_u8,
        kind in 0..5_u8,
        event_id in any::<[u8; 8]>(),
        age_ms in any::<u16>(),
        action_hash in any::<[u8; 16]>(),
        dwell_ms in any::<Option<u16>>(),
        detail in any::<u8>(),
        numbers in any::<[u16; 5]>(),
        samples in prop::collection::vec(any_sample(), 0..120),
    ) -> InteractionProof {
        let [offset_x, offset_y, width, height, pixel_ratio_16] = numbers;
        InteractionProof {
            flags: Flags::from_bits(bits).unwrap(),
            kind: Kind::from_code(kind).unwrap(),
            event_id,
            age_ms,
            action_hash,
            press: Press { dwell_ms, detail, offset_x, offset_y, width, height, pixel_ratio_16 },
            samples,
        }
    }
}

proptest! {
    #[test]
    fn whatever_is_encoded_decodes_to_itself(proof in any_proof()) {
        let bytes = proof.encode();
        prop_assert!(byte_sequence(&bytes).len() <= 600);
        let once = InteractionProof::decode(&bytes).unwrap();
        prop_assert_eq!(once.encode(), bytes.clone());
        prop_assert_eq!(InteractionProof::decode(&bytes).unwrap(), once);
    }

    #[test]
    fn values_within_range_are_kept(mut proof in any_proof()) {
        proof.age_ms %= 5_001;
        proof.press.dwell_ms = proof.press.dwell_ms.map(|ms| ms % 30_001);
        proof.press.pixel_ratio_16 = proof.press.pixel_ratio_16 % 256 + 1;
        for offset in [&mut proof.press.offset_x, &mut proof.press.offset_y] {
            *offset = if proof.kind.is_pointer() { *offset % 1001 } else { 0 };
        }
        proof.samples.truncate(if proof.kind.is_pointer() { 60 } else { 0 });
        for sample in &mut proof.samples {
            *sample = Sample { dt_ms: sample.dt_ms % 33, dx: sample.dx % 8_192, dy: sample.dy % 8_192 };
        }
        prop_assert_eq!(InteractionProof::decode(&proof.encode()).unwrap(), proof);
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_are_canonical_if_accepted(
        bytes in prop::collection::vec(any::<u8>(), 0..500),
    ) {
        if let Ok(proof) = InteractionProof::decode(&bytes) {
            prop_assert_eq!(proof.encode(), bytes);
        }
    }

    #[test]
    fn arbitrary_tails_are_canonical_if_accepted(
        tail in prop::collection::vec(0..140_u8, 8..60),
    ) {
        let mut bytes = proof().encode()[..PRESS].to_vec();
        bytes.extend(tail);
        if let Ok(proof) = InteractionProof::decode(&bytes) {
            prop_assert_eq!(proof.encode(), bytes);
        }
    }

    #[test]
    fn truncations_of_anything_encoded_are_refused(proof in any_proof(), cut in any::<prop::sample::Index>()) {
        let bytes = proof.encode();
        let kept = &bytes[..cut.index(bytes.len())];
        prop_assert!(InteractionProof::decode(kept).is_err());
    }
}
