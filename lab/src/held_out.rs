//! Every recorded sample, scored by a model that knew neither its family nor its person.

use crate::{
    corpus::{Corpus, FOLDS, RECOMBINED_FAMILY},
    families::family,
    recombined::{RECIPES, recipe_groups},
};
use partitioned_authority::{
    evidence::model::Forest,
    proof::features::{Features, private},
};
use std::thread;

/// The sums of a sample; `None` where there was too little movement.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sums {
    pub whole: Option<i32>,
    pub private: Option<i32>,
}

/// Models with a family and a fold held out, and what they say.
pub struct HeldOut {
    /// Of each sample of the corpus. Programs by a model without their family, people by one without
    /// their fold.
    pub sums: Vec<Sums>,
    /// The same of a person's variants.
    pub variants: Vec<Vec<Sums>>,
    /// Of movements made of the steps of people who were held out, by recipe: by a model that knew no such
    /// movement, and by one that knew all but its own group, of other people's steps.
    pub recombined: Vec<[Vec<Sums>; 2]>,
}

struct Trained {
    family: String,
    fold: usize,
    whole: Vec<u8>,
    private: Vec<u8>,
}

/// Trains a model for every family, each without the people of one fold too; every fold is held out by one
/// of them at least.
pub fn judge(corpus: &Corpus) -> HeldOut {
    let mut jobs: Vec<(String, usize)> = corpus
        .families()
        .into_iter()
        .chain([RECOMBINED_FAMILY].into_iter().chain(recipe_groups()).map(str::to_owned))
        .enumerate()
        .map(|(i, family)| (family, i % FOLDS))
        .collect();
    for fold in jobs.len()..FOLDS {
        jobs.push((String::new(), fold));
    }
    let run = |jobs: &[(String, usize)]| {
        let train = |(family, fold): &(String, usize)| Trained {
            family: family.clone(),
            fold: *fold,
            whole: corpus.train(Some(family), Some(*fold)),
            private: corpus.train_private(Some(family), Some(*fold)),
        };
        jobs.iter().map(train).collect::<Vec<_>>()
    };
    let (left, right) = jobs.split_at(jobs.len() / 2);
    let mut models = thread::scope(|scope| {
        let other = scope.spawn(|| run(right));
        let mut models = run(left);
        models.extend(other.join().expect("training ends"));
        models
    });
    models.sort_by(|a, b| (a.fold, &a.family).cmp(&(b.fold, &b.family)));
    let of = |model: &Trained, features: Option<Features>| Sums {
        whole: features.map(|features| Forest { trees: &model.whole }.sum(&features)),
        private: features.map(|features| Forest { trees: &model.private }.sum(&private(&features))),
    };
    let find = |fits: &dyn Fn(&Trained) -> bool| {
        models.iter().find(|model| fits(model)).expect("every family and fold has its model")
    };
    let mut sums = Vec::new();
    let mut variants = Vec::new();
    for sample in &corpus.samples {
        let model = match sample.bot {
            true => find(&|model| model.family == family(&sample.source)),
            false => find(&|model| model.fold == sample.fold),
        };
        sums.push(of(model, sample.features));
        variants.push(sample.variants.iter().map(|features| of(model, *features)).collect());
    }
    let recombined = RECIPES
        .iter()
        .enumerate()
        .map(|(i, recipe)| {
            [RECOMBINED_FAMILY, recipe.group].map(|family| {
                let model = find(&|model| model.family == family);
                let made = corpus.recombined_of_held.get(model.fold).and_then(|all| all.get(i));
                made.into_iter().flatten().map(|features| of(model, *features)).collect()
            })
        })
        .collect();
    HeldOut { sums, variants, recombined }
}
