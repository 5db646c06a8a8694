//! Recordings, measured: what the model is trained on, and judged by when it was held out.

use crate::{
    boost::{self, Row, Settings},
    data::Sample,
    families::family,
    programs::{PROGRAMS, Program},
    random::Random,
    recombined::{Bank, RECIPES, Recipe},
    variants,
};
use partitioned_authority::proof::features::{self, COUNT, Features, PRIVATE, PRIVATE_COUNT};
use std::collections::BTreeMap;

/// People are held out a fold at a time: all of a person, or none.
pub const FOLDS: usize = 5;

/// Variants of a person's sample and of a program's.
const VARIANTS: [usize; 2] = [2, 3];

/// Runs of each generator of our own, and of each made of people's steps: to train on, and to judge by.
const RUNS: usize = 1500;
const RECOMBINED: usize = 1000;
const RECOMBINED_OF_HELD: usize = 500;

/// The family of those.
pub const RECOMBINED_FAMILY: &str = "recombined";

/// What rows weigh together: each set of people, each recorded generator, each of our own, and each made of
/// people's steps. Those are the hardest to tell, so they weigh most.
const FIRST_PEOPLE: f64 = 0.85;
const OWN: f64 = 0.5;
const OWN_RECOMBINED: f64 = 1.5;

/// How every model is trained. Found by trying on families that were held out.
const SETTINGS: Settings =
    Settings { trees: 320, rate: 0.08, leaf: 0.002, ridge: 8.0, features: 0.5, rows: 0.7, seed: 1 };

/// The features that the model asks. How often a position comes tells recorders apart more than people from
/// programs, so the last four are left out.
pub const ASKED: core::ops::Range<usize> = 0..34;

/// A sample in numbers.
pub struct Measured {
    pub source: String,
    pub group: String,
    pub bot: bool,
    pub fold: usize,
    pub features: Option<Features>,
    pub variants: Vec<Option<Features>>,
}

/// Everything in numbers.
pub struct Corpus {
    pub samples: Vec<Measured>,
    own: Vec<(&'static Program, Vec<Features>)>,
    /// By the fold whose people are not in it, then by recipe; the last fold is of all people.
    recombined: Vec<Vec<Vec<Features>>>,
    /// Of the people of each fold, to judge by.
    pub recombined_of_held: Vec<Vec<Vec<Option<Features>>>>,
    /// The set of people with most samples.
    first: String,
}

/// The numbers of a sample in the one view.
pub fn measure(sample: &Sample) -> Option<Features> {
    features::measure(&sample.proof(false).points())
}

/// The fold of every person of every source, evenly.
pub fn folds(samples: &[Sample]) -> BTreeMap<(String, String), usize> {
    let mut folds = BTreeMap::new();
    for sample in samples.iter().filter(|sample| !sample.bot) {
        folds.insert((sample.source.clone(), sample.person()), 0);
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for ((source, _), fold) in &mut folds {
        let next = seen.entry(source.clone()).or_default();
        *fold = *next % FOLDS;
        *next += 1;
    }
    folds
}

impl Corpus {
    pub fn of(samples: &[Sample], seed: u64) -> Self {
        let folds = folds(samples);
        let fold = |sample: &Sample| folds.get(&(sample.source.clone(), sample.person())).copied();
        let measured: Vec<Measured> = samples
            .iter()
            .enumerate()
            .map(|(i, sample)| {
                let mut random = Random::named(seed, &format!("variant {i}"));
                let count = VARIANTS[usize::from(sample.bot)];
                Measured {
                    source: sample.source.clone(),
                    group: sample.group.clone(),
                    bot: sample.bot,
                    fold: fold(sample).unwrap_or(FOLDS),
                    features: measure(sample),
                    variants: (0..count)
                        .map(|_| measure(&variants::vary(sample, &mut random)))
                        .collect(),
                }
            })
            .collect();
        let own = PROGRAMS
            .iter()
            .map(|program| {
                let mut random = Random::named(seed, program.name);
                let run = |random: &mut Random| {
                    let sample = program.run(random);
                    let vary = random.chance(0.3);
                    measure(&if vary { variants::vary(&sample, random) } else { sample })
                };
                (program, (0..RUNS).filter_map(|_| run(&mut random)).collect())
            })
            .collect();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for sample in measured.iter().filter(|sample| !sample.bot && sample.features.is_some()) {
            *counts.entry(&sample.source).or_default() += 1;
        }
        let first =
            counts.iter().max_by_key(|(_, count)| **count).map_or("", |(name, _)| *name).to_owned();
        let made = |count: usize,
                    varied: bool,
                    pick: &dyn Fn(&Sample) -> bool|
         -> Vec<Vec<Option<Features>>> {
            let people: Vec<&Sample> = samples
                .iter()
                .filter(|sample| !sample.bot && sample.source == first && pick(sample))
                .collect();
            let bank = Bank::of(&people, &mut Random::named(seed, RECOMBINED_FAMILY));
            let run = |recipe: &Recipe| {
                let mut random = Random::named(seed, recipe.name);
                // Some draws will not do.
                let tries = (0..4 * count).filter_map(|_| {
                    let sample = recipe.run(bank.as_ref()?, &mut random)?;
                    let vary = varied && random.chance(0.3);
                    Some(if vary { variants::vary(&sample, &mut random) } else { sample })
                });
                tries.take(count).map(|sample| measure(&sample)).collect()
            };
            RECIPES.iter().map(run).collect()
        };
        let recombined = (0..=FOLDS)
            .map(|held| made(RECOMBINED, true, &|sample| fold(sample) != Some(held)))
            .map(|recipes| {
                recipes.into_iter().map(|all| all.into_iter().flatten().collect()).collect()
            })
            .collect();
        let recombined_of_held = (0..FOLDS)
            .map(|held| made(RECOMBINED_OF_HELD, false, &|sample| fold(sample) == Some(held)))
            .collect();
        Self { samples: measured, own, recombined, recombined_of_held, first }
    }

    /// The families of recorded generators.
    pub fn families(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .samples
            .iter()
            .filter(|sample| sample.bot)
            .map(|sample| family(&sample.source).to_owned())
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// Rows to train on, without a family, all that resembles it, and the people of a fold.
    fn rows(&self, held_family: Option<&str>, held_fold: Option<usize>) -> Vec<Row<COUNT>> {
        let mut rows = Vec::new();
        let mut groups: BTreeMap<(bool, &str), Vec<&Features>> = BTreeMap::new();
        for sample in &self.samples {
            let held = match sample.bot {
                true => Some(family(&sample.source)) == held_family,
                false => Some(sample.fold) == held_fold,
            };
            if !held {
                let group = groups.entry((sample.bot, &sample.source)).or_default();
                group.extend(sample.features.iter().chain(sample.variants.iter().flatten()));
            }
        }
        let others = groups.keys().filter(|(bot, source)| !bot && *source != self.first).count();
        let mut add = |bot: bool, weight: f64, all: &[&Features]| {
            let weight = weight / all.len().max(1) as f64;
            rows.extend(all.iter().map(|features| Row { features: **features, bot, weight }));
        };
        for ((bot, source), all) in &groups {
            let weight = match *bot {
                true => 1.0,
                false if *source == self.first => FIRST_PEOPLE,
                false => (1.0 - FIRST_PEOPLE) / others as f64,
            };
            add(*bot, weight, all);
        }
        for (program, all) in &self.own {
            if !held_family.is_some_and(|held| program.like.contains(&held)) {
                add(true, OWN, &all.iter().collect::<Vec<_>>());
            }
        }
        if held_family != Some(RECOMBINED_FAMILY) {
            let made = self.recombined.get(held_fold.unwrap_or(FOLDS)).into_iter().flatten();
            for (recipe, all) in RECIPES.iter().zip(made) {
                if held_family != Some(recipe.group) {
                    add(true, OWN_RECOMBINED, &all.iter().collect::<Vec<_>>());
                }
            }
        }
        for bot in [false, true] {
            let of = |row: &&mut Row<COUNT>| row.bot == bot;
            let sum: f64 = rows.iter().filter(|row| row.bot == bot).map(|row| row.weight).sum();
            rows.iter_mut().filter(of).for_each(|row| row.weight /= sum);
        }
        rows
    }

    /// The trees of whole features.
    pub fn train(&self, held_family: Option<&str>, held_fold: Option<usize>) -> Vec<u8> {
        let places: Vec<usize> = ASKED.collect();
        boost::train(&self.rows(held_family, held_fold), &places, SETTINGS)
    }

    /// The trees of privacy mode.
    pub fn train_private(&self, held_family: Option<&str>, held_fold: Option<usize>) -> Vec<u8> {
        let rows: Vec<Row<PRIVATE_COUNT>> = self
            .rows(held_family, held_fold)
            .into_iter()
            .map(|row| Row {
                features: features::private(&row.features),
                bot: row.bot,
                weight: row.weight,
            })
            .collect();
        let places: Vec<usize> = (0..PRIVATE.len()).collect();
        boost::train(&rows, &places, SETTINGS)
    }
}
