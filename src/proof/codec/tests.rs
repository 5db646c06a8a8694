//! Every refusal has an accepted twin: the same bytes but for the one fault.

use super::*;
use crate::{
    canonical::structured_field::byte_sequence,
    proof::features::{measure, private as coarser},
};
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
        private: None,
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
    assert_eq!(refused(&with(&proof, 0, 1, &[3])), "unknown version");
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
fn privacy_mode_has_a_layout_of_its_own() {
    let mut bytes = vec![2, 0b1_0001, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x13, 0x88];
    bytes.extend([9; 16]);
    bytes.extend([6, 1, 0b11, 20]);
    bytes.extend(0..20);
    let proof = accepted(&bytes);
    let private = proof.private.unwrap();
    assert_eq!((proof.press.dwell_ms, proof.press.detail), (Some(90), 1));
    assert_eq!(private.marks, Marks { centre: true, off_grid: true, ..Marks::default() });
    assert_eq!(private.movement.unwrap()[19], 19);
    assert!(proof.samples.is_empty());
    let changed = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        bytes
    };
    for bit in [1, 2, 5, 6, 7] {
        assert_eq!(refused(&changed(1, 1 << bit)), "unknown flag");
    }
    assert_eq!(accepted(&changed(29, 0)).press.dwell_ms, None);
    assert_eq!(accepted(&changed(29, 10)).press.dwell_ms, Some(1001));
    assert_eq!(refused(&changed(29, 11)), "the dwell is out of range");
    accepted(&changed(30, 3));
    assert_eq!(refused(&changed(30, 4)), "the click detail is out of range");
    accepted(&changed(31, 63));
    assert_eq!(refused(&changed(31, 64)), "unknown mark");
    accepted(&[&bytes[..32], &[0]].concat());
    for count in [1, 19, 21] {
        assert_eq!(refused(&changed(32, count)), "not the number of numbers");
    }
    accepted(&changed(52, 32));
    assert_eq!(refused(&changed(52, 33)), "a number is out of range");
    accepted(&changed(2, 2));
    for kind in [1, 3, 4] {
        assert_eq!(refused(&changed(2, kind)), "a movement without a mouse or pen");
        let bare = [&changed(2, kind)[..31], &[0, 0]].concat();
        assert_eq!(accepted(&bare).private, Some(Private::default()));
    }
    assert_eq!(refused(&[&bytes[..], &[0]].concat()), "bytes after the proof");
}

#[test]
fn privacy_mode_tells_no_more_than_it_says() {
    let mut whole = proof();
    whole.flags.fractional = true;
    whole.samples = (1..40).map(|i| Sample { dt_ms: 16, dx: -i % 17, dy: i % 5 }).collect();
    let hidden = whole.clone().without_trajectory();
    assert_eq!(accepted(&hidden.encode()), hidden);
    assert_eq!(hidden.clone().without_trajectory(), hidden);
    let points = whole.points();
    let private = hidden.private.unwrap();
    assert_eq!(private.movement, measure(&points).map(|numbers| coarser(&numbers)));
    assert_eq!(private.marks, whole.marks(&whole.points()));
    assert!(private.marks.off_grid && !private.marks.ruled);
    // Another place, another scale of time, another device: the same bytes.
    let mut elsewhere = whole.clone();
    elsewhere.press.offset_x = 250;
    elsewhere.press.width = 99;
    elsewhere.press.dwell_ms = Some(129);
    elsewhere.flags.coalesced = false;
    assert_eq!(elsewhere.without_trajectory().encode(), hidden.encode());
    for kind in [Kind::Touch, Kind::Keyboard, Kind::Assistive] {
        let other = InteractionProof { kind, ..whole.clone() }.without_trajectory();
        assert_eq!(other.private, Some(Private::default()));
        accepted(&other.encode());
    }
}

#[test]
fn every_truncation_is_refused() {
    for proof in [proof(), proof().without_trajectory()] {
        let bytes = proof.encode();
        for length in 0..bytes.len() {
            assert_eq!(refused(&bytes[..length]), "the proof is truncated", "{length}");
        }
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
        private in any_private(),
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
            private,
        }
    }
}

fn any_private() -> impl Strategy<Value = Option<Private>> {
    let numbers = prop::array::uniform20(any::<u8>());
    let private = (0..64_u8, prop::option::of(numbers))
        .prop_map(|(bits, movement)| Private { marks: Marks::from_bits(bits).unwrap(), movement });
    prop::option::weighted(0.3, private)
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
        proof.private = None;
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
    fn privacy_mode_keeps_what_it_tells(proof in any_proof()) {
        let hidden = proof.without_trajectory();
        let read = InteractionProof::decode(&hidden.encode()).unwrap();
        prop_assert_eq!(read.encode(), hidden.encode());
        prop_assert_eq!(read.press, hidden.press);
        prop_assert!(hidden.encode().len() <= 53);
        prop_assert_eq!(read.clone().without_trajectory(), read);
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
