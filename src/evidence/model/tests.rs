use super::*;
use crate::proof::features::{COUNT, PRIVATE_COUNT};
use proptest::prelude::*;

#[test]
fn sums_between_two_lie_between_their_worths() {
    let model = Model { worth: &[(-100, -32), (0, 0), (50, 90)], ..MOVEMENT };
    let worth = |sum| model.worth(sum).0;
    assert_eq!(
        [i32::MIN, -100, -50, 0, 25, 50, i32::MAX].map(worth),
        [-32, -32, -16, 0, 45, 90, 90]
    );
    assert_eq!(Model { worth: &[], ..model }.worth(7), Evidence(0));
}

#[test]
fn worth_rises_with_the_sum() {
    for model in [MOVEMENT, PRIVATE_MOVEMENT] {
        assert!(model.worth.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1));
        assert_eq!(model.forest.trees.len() % TREE_BYTES, 0);
    }
}

proptest! {
    #[test]
    fn any_features_are_weighed(bytes in prop::collection::vec(any::<u8>(), COUNT), private in prop::collection::vec(any::<u8>(), PRIVATE_COUNT)) {
        let whole = weigh(&bytes.try_into().unwrap());
        let coarse = weigh_private(&private.try_into().unwrap());
        prop_assert!(whole.reasons.len() <= REASONS && coarse.reasons.len() <= REASONS);
    }

    #[test]
    fn the_parts_are_the_sum(bytes in prop::collection::vec(any::<u8>(), COUNT)) {
        let features: Features = bytes.try_into().unwrap();
        let mut sum = 0;
        for tree in MOVEMENT.forest.trees.chunks_exact(TREE_BYTES) {
            let mut node = 0;
            for _ in 0..DEPTH {
                let right = features[usize::from(tree[2 * node])] > tree[2 * node + 1];
                node = 2 * node + 1 + usize::from(right);
            }
            sum += i32::from(tree[2 * (LEAVES - 1) + node - (LEAVES - 1)].cast_signed());
        }
        prop_assert_eq!(MOVEMENT.forest.sum(&features), sum);
    }
}

#[test]
fn the_trees_ask_what_is_there() {
    for (model, asked) in [(MOVEMENT, 34), (PRIVATE_MOVEMENT, PRIVATE_COUNT)] {
        assert!(!model.forest.trees.is_empty());
        for tree in model.forest.trees.chunks_exact(TREE_BYTES) {
            let (questions, _) = tree.split_at(2 * (LEAVES - 1));
            assert!(questions.chunks_exact(2).all(|question| usize::from(question[0]) < asked));
        }
    }
}

#[test]
fn limits_get_stricter() {
    assert!(LIMITS.windows(2).all(|pair| pair[0] <= pair[1]));
    assert!(WEAK > Evidence(0), "nothing known is not weak");
    let most = MOVEMENT.worth.last().unwrap().1;
    assert!(LIMITS.iter().all(|limit| limit.0 < most), "no limit is out of reach");
}

#[test]
fn the_generated_file_says_where_it_came_from() {
    let weights = include_str!("weights.rs");
    let said: String = weights.lines().take_while(|line| line.starts_with("//!")).collect();
    assert!(said.contains("| command | `npm run train:interaction -- --data <dir>` |"));
    assert!(said.contains("| seed | "));
    let hash = said.split("SHA-256 of names and text | `").nth(1).unwrap();
    assert!(
        hash.bytes().take(64).all(|byte| byte.is_ascii_hexdigit()) && hash.as_bytes()[64] == b'`'
    );
    let trees =
        format!("| trees | {} of {TREE_BYTES} bytes", MOVEMENT.forest.trees.len() / TREE_BYTES);
    assert!(said.contains(&trees));
    assert_eq!(MOVEMENT.forest.trees.len(), PRIVATE_MOVEMENT.forest.trees.len());
}
