//! The interaction proof as a value.

use super::{
    action::ActionHash,
    features::{self, PrivateFeatures},
    marks::Marks,
    point::Point,
    press::{Flags, Kind, Press, Sample},
};
use alloc::vec::Vec;

/// Evidence that a person acted just now: `Interaction-Proof`. No absolute position or time is in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct InteractionProof {
    /// What the page reports.
    pub flags: Flags,
    /// What the person acted with.
    pub kind: Kind,
    /// Random, one for an interaction; it serves at most four requests.
    pub event_id: [u8; 8],
    /// From the last event of the interaction to the making of the proof, at most [`super::MAX_AGE_MS`].
    pub age_ms: u16,
    /// The action it is bound to: [`super::action_hash`].
    pub action_hash: ActionHash,
    /// The press.
    pub press: Press,
    /// The trajectory before the press, newest first, at most [`super::MAX_SAMPLES`] within [`super::WINDOW_MS`].
    /// Empty unless the kind is a pointer, and in privacy mode.
    pub samples: Vec<Sample>,
    /// What stands for press and trajectory in privacy mode: then `press` has no more than a coarse dwell
    /// and `detail`, and there are no samples.
    pub private: Option<Private>,
}

/// A press and a movement without positions and times.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Private {
    /// What a person's press does not show.
    pub marks: Marks,
    /// The numbers of the movement; `None` if there was too little of it.
    pub movement: Option<PrivateFeatures>,
}

impl InteractionProof {
    /// The trajectory, oldest first, with the press at time 0 and position (0, 0). The press itself is
    /// not in it.
    #[must_use]
    pub fn points(&self) -> Vec<Point> {
        let mut at = Point::default();
        let mut points: Vec<_> = self
            .samples
            .iter()
            .map(|sample| {
                at.t -= f64::from(sample.dt_ms);
                at.x += f64::from(sample.dx);
                at.y += f64::from(sample.dy);
                at
            })
            .collect();
        points.reverse();
        points
    }

    /// What a person's press does not show: as reported in privacy mode, else as found here. `points` are
    /// those of [`InteractionProof::points`].
    #[must_use]
    pub fn marks(&self, points: &[Point]) -> Marks {
        match self.private {
            Some(private) => private.marks,
            None => Marks::of(self.kind, self.flags, &self.press, points),
        }
    }

    /// The same interaction without positions and times: privacy mode. Numbers and marks are found from the
    /// rounded samples, as a server would.
    #[must_use]
    pub fn without_trajectory(self) -> Self {
        let private = self.private.unwrap_or_else(|| {
            let points = self.points();
            Private {
                marks: self.marks(&points),
                movement: features::measure(&points)
                    .filter(|_| self.kind.hovers())
                    .map(|numbers| features::private(&numbers)),
            }
        });
        Self {
            flags: Flags { coalesced: false, fractional: false, ..self.flags },
            press: self.press.coarse(),
            samples: Vec::new(),
            private: Some(private),
            ..self
        }
    }
}
