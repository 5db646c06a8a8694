//! Generators made of what was recorded of people: their steps, speeds and paths, put together anew. Those
//! who write one have a bank of recordings; ours are of people that the judge never saw.

use crate::{
    data::Sample,
    programs::{bezier_of, eased, timed},
    random::Random,
    variants,
};
use core::f64::consts::{PI, TAU};
use partitioned_authority::proof::Point;

/// A way to put movements together.
pub struct Recipe {
    pub name: &'static str,
    /// Recipes of one group resemble each other: held out together.
    pub group: &'static str,
    make: fn(&Bank, &mut Random) -> Option<Path>,
}

/// Every one.
pub const RECIPES: [Recipe; 11] = [
    // Steps drawn one by one, turned towards the target.
    Recipe { name: "own_steps_drawn", group: "steps", make: drawn },
    // The steps of one movement, exchanged within short stretches.
    Recipe { name: "own_steps_shuffled", group: "steps", make: shuffled },
    // Each step one that followed a like step.
    Recipe { name: "own_steps_chained", group: "policy", make: chained },
    // Each step one that was taken as far from the target, as fast, and as much towards it.
    Recipe { name: "own_steps_nearest", group: "policy", make: nearest },
    // Stretches of three to six steps of different movements.
    Recipe { name: "own_stretches", group: "parts", make: stretches },
    // The first part of one movement, then the last part of another.
    Recipe { name: "own_spliced", group: "parts", make: spliced },
    // The speeds of a hand on a line or a Bézier curve.
    Recipe { name: "own_speed_on_curve", group: "speed", make: speed_on_curve },
    // The speeds of a hand on the path of another.
    Recipe { name: "own_speed_on_path", group: "speed", make: speed_on_path },
    // The path of a hand, timed by an easing.
    Recipe { name: "own_path_eased", group: "timing", make: path_eased },
    // The mean of two movements.
    Recipe { name: "own_blended", group: "blended", make: blended },
    // A movement stretched to another target.
    Recipe { name: "own_stretched", group: "stretched", make: stretched },
];

type Path = Vec<Point>;

/// Movements with their chord to the right, from (0, 0) at 0 ms.
pub struct Bank {
    movements: Vec<Path>,
    steps: Vec<Step>,
    /// Places in `steps`, by the logarithm of their length.
    by_length: Vec<Vec<usize>>,
    /// A few thousand steps: what a policy looks through.
    few: Vec<Step>,
}

#[derive(Clone, Copy)]
struct Step {
    /// Which movement it is of.
    movement: usize,
    ms: f64,
    length: f64,
    /// From the step before, and from the direction to the target, radians.
    turn: f64,
    off: f64,
    /// The length of the step before, and how far it was to the target.
    before: f64,
    remaining: f64,
}

/// A pause that ends a movement, ms.
const PAUSE: f64 = 100.0;

/// Steps of a bank that a policy looks through, and how many of the nearest it draws from.
const FEW: usize = 2500;
const NEAREST: usize = 6;

impl Bank {
    /// `None` where nobody moved.
    pub fn of(people: &[&Sample], random: &mut Random) -> Option<Self> {
        let movements: Vec<Path> = people.iter().filter_map(|sample| movement(sample)).collect();
        if movements.is_empty() {
            return None;
        }
        let steps: Vec<Step> =
            movements.iter().enumerate().flat_map(|(i, path)| steps(i, path)).collect();
        let mut by_length = vec![Vec::new(); LENGTHS];
        for (place, step) in steps.iter().enumerate() {
            by_length[octave(step.length)].push(place);
        }
        let few = (0..FEW).map(|_| steps[random.below(steps.len())]).collect();
        Some(Self { movements, steps, by_length, few })
    }

    fn movement(&self, random: &mut Random) -> &Path {
        &self.movements[random.below(self.movements.len())]
    }
}

impl Recipe {
    /// One run; `None` where what was drawn would not do.
    pub fn run(&self, bank: &Bank, random: &mut Random) -> Option<Sample> {
        let mut path = (self.make)(bank, random)?;
        if path.len() < 10 {
            return None;
        }
        let angle = TAU * random.unit();
        let scale = if random.chance(0.5) { 1.0 } else { random.octaves(0.6, 1.6) };
        let jitter = if random.chance(0.25) { random.between(0.2, 1.0) } else { 0.0 };
        let (sin, cos) = (libm::sin(angle), libm::cos(angle));
        for point in &mut path {
            (point.x, point.y) = (
                (scale * (point.x * cos - point.y * sin) + jitter * random.normal())
                    .round_ties_even(),
                (scale * (point.x * sin + point.y * cos) + jitter * random.normal())
                    .round_ties_even(),
            );
        }
        if random.chance(0.5) {
            let path: Vec<(f64, f64)> = path.iter().map(|point| (point.x, point.y)).collect();
            return Some(timed(self.name, &path, 1000.0 / 60.0, random));
        }
        // At the times that were recorded.
        variants::late(&mut path, random);
        let last = path.last()?.t;
        path.retain(|point| last - point.t <= 2000.0);
        let click = *path.last()?;
        let group = self.name.to_owned();
        Some(Sample {
            source: group.clone(),
            bot: true,
            group,
            points: path,
            click,
            dwell_ms: None,
        })
    }
}

/// The last movement of a sample, without positions at rest.
fn movement(sample: &Sample) -> Option<Path> {
    let mut points = sample.points.clone();
    points.dedup_by(|point, before| point.x == before.x && point.y == before.y);
    let from =
        points.windows(2).rposition(|pair| pair[1].t - pair[0].t > PAUSE).map_or(0, |i| i + 1);
    let path = straightened(&points[from..])?;
    (path.len() >= 10).then_some(path)
}

/// From (0, 0) to the right, of its own length.
fn straightened(path: &[Point]) -> Option<Path> {
    let (first, last) = (path.first()?, path.last()?);
    let (dx, dy) = (last.x - first.x, last.y - first.y);
    let length = libm::hypot(dx, dy);
    (length > 20.0).then(|| {
        path.iter()
            .map(|point| {
                let (x, y) = (point.x - first.x, point.y - first.y);
                Point {
                    t: point.t - first.t,
                    x: (x * dx + y * dy) / length,
                    y: (y * dx - x * dy) / length,
                }
            })
            .collect()
    })
}

fn steps(movement: usize, path: &[Point]) -> Vec<Step> {
    let end = path[path.len() - 1];
    let (mut before, mut heading) = (0.0, 0.0);
    path.windows(2)
        .map(|pair| {
            let (a, b) = (pair[0], pair[1]);
            let (length, angle) = (a.distance(b), libm::atan2(b.y - a.y, b.x - a.x));
            let step = Step {
                movement,
                ms: b.t - a.t,
                length,
                turn: wrapped(angle - heading),
                off: wrapped(angle - libm::atan2(end.y - a.y, end.x - a.x)),
                before,
                remaining: a.distance(end),
            };
            (before, heading) = (length, angle);
            step
        })
        .collect()
}

fn wrapped(angle: f64) -> f64 {
    angle - TAU * libm::rint(angle / TAU)
}

/// Lengths that are alike: thirds of an octave.
const LENGTHS: usize = 30;

fn octave(length: f64) -> usize {
    ((3.0 * libm::log2(length.max(1.0))) as usize).min(LENGTHS - 1)
}

/// Where a generator is, and the positions it sent.
struct Pen {
    path: Path,
    at: Point,
    heading: f64,
}

impl Pen {
    fn new() -> Self {
        Self { path: vec![Point::default()], at: Point::default(), heading: 0.0 }
    }

    fn step(&mut self, ms: f64, length: f64, heading: f64) {
        self.heading = heading;
        self.at.t += ms;
        self.at.x += length * libm::cos(heading);
        self.at.y += length * libm::sin(heading);
        self.path.push(self.at);
    }

    fn to(&self, target: Point) -> (f64, f64) {
        (self.at.distance(target), libm::atan2(target.y - self.at.y, target.x - self.at.x))
    }

    /// Onto the target, from where a step reaches it.
    fn arrive(mut self, target: Point, ms: f64) -> Option<Path> {
        self.path.push(Point { t: self.at.t + ms, ..target });
        Some(self.path)
    }
}

fn target(random: &mut Random) -> Point {
    Point { t: 0.0, x: random.octaves(80.0, 1000.0), y: 0.0 }
}

/// Turned and scaled to end at the target.
fn fitted(path: &[Point], random: &mut Random) -> Option<Path> {
    let walked: f64 = path.windows(2).map(|pair| pair[0].distance(pair[1])).sum();
    let path = straightened(path)?;
    let reach = path.last()?.x;
    let scale = target(random).x / reach;
    let fits = reach > walked / 3.0 && (0.3..3.0).contains(&scale);
    fits.then(|| {
        path.iter()
            .map(|point| Point { x: scale * point.x, y: scale * point.y, ..*point })
            .collect()
    })
}

const MOST_STEPS: usize = 110;

fn drawn(bank: &Bank, random: &mut Random) -> Option<Path> {
    let target = target(random);
    let mut pen = Pen::new();
    if random.chance(0.5) {
        for _ in 0..MOST_STEPS {
            let step = bank.steps[random.below(bank.steps.len())];
            let (remaining, direction) = pen.to(target);
            if remaining <= step.length.max(3.0) {
                return pen.arrive(target, step.ms);
            }
            pen.step(step.ms, step.length, direction + step.off);
        }
        return None;
    }
    // As many as a movement has; the way they lead is turned and scaled.
    let alike = random.chance(0.5);
    let like = random.below(bank.steps.len());
    for _ in 1..bank.movement(random).len() {
        let mut step = bank.steps[random.below(bank.steps.len())];
        // Of movements about as long.
        for _ in 0..20 {
            let (a, b) = (bank.reach(step.movement), bank.reach(bank.steps[like].movement));
            if !alike || (0.7..1.4).contains(&(a / b)) {
                break;
            }
            step = bank.steps[random.below(bank.steps.len())];
        }
        pen.step(step.ms, step.length, step.off);
    }
    fitted(&pen.path, random)
}

impl Bank {
    fn reach(&self, movement: usize) -> f64 {
        self.movements[movement].last().map_or(1.0, |point| point.x)
    }
}

fn shuffled(bank: &Bank, random: &mut Random) -> Option<Path> {
    let path = bank.movement(random);
    let mut steps: Vec<(f64, f64, f64)> = path
        .windows(2)
        .map(|pair| (pair[1].t - pair[0].t, pair[1].x - pair[0].x, pair[1].y - pair[0].y))
        .collect();
    let stretch = if random.chance(0.3) { steps.len() } else { 2 + random.below(4) };
    for part in steps.chunks_mut(stretch) {
        random.shuffle(part);
    }
    let mut at = Point::default();
    let walk = steps.into_iter().map(|(t, x, y)| {
        at = Point { t: at.t + t, x: at.x + x, y: at.y + y };
        at
    });
    Some(core::iter::once(Point::default()).chain(walk).collect())
}

fn chained(bank: &Bank, random: &mut Random) -> Option<Path> {
    let target = target(random);
    let guided = random.chance(0.5);
    let count = bank.movement(random).len();
    let mut pen = Pen::new();
    let mut length = bank.steps[random.below(bank.steps.len())].length;
    for i in 0..MOST_STEPS {
        let (remaining, direction) = pen.to(target);
        if guided && remaining <= length.max(3.0) {
            return pen.arrive(target, 1000.0 / 60.0);
        }
        if !guided && i >= count {
            return fitted(&pen.path, random);
        }
        let alike = &bank.by_length[octave(length)];
        let follower = |random: &mut Random| {
            let place = alike.get(random.below(alike.len()))?;
            let next = bank.steps.get(place + 1)?;
            (next.movement == bank.steps[*place].movement).then_some(*next)
        };
        // Of a few that followed, the one that leads to the target most.
        let tries = if guided { 4 } else { 1 };
        let turned = |step: &Step| wrapped(pen.heading + step.turn - direction).abs();
        let next = (0..tries + 8)
            .filter_map(|_| follower(random))
            .take(tries)
            .min_by(|a, b| turned(a).total_cmp(&turned(b)))?;
        pen.step(next.ms, next.length, pen.heading + next.turn);
        length = next.length;
    }
    None
}

fn nearest(bank: &Bank, random: &mut Random) -> Option<Path> {
    let target = target(random);
    let mut pen = Pen::new();
    let mut length = 0.0;
    for _ in 0..MOST_STEPS {
        let (remaining, direction) = pen.to(target);
        if remaining <= 3.0 {
            return Some(pen.path);
        }
        let off = wrapped(pen.heading - direction);
        let far = |step: &Step| {
            let way = libm::log2((step.remaining + 3.0) / (remaining + 3.0));
            let speed = libm::log2((step.before + 1.0) / (length + 1.0));
            let turned = wrapped(step.off - step.turn - off) / PI * 3.0;
            way * way + speed * speed + turned * turned
        };
        let mut best: Vec<(f64, &Step)> = Vec::with_capacity(NEAREST + 1);
        for step in &bank.few {
            let far = far(step);
            if best.len() < NEAREST || far < best[NEAREST - 1].0 {
                let place = best.partition_point(|(other, _)| *other <= far);
                best.insert(place, (far, step));
                best.truncate(NEAREST);
            }
        }
        let step = best[random.below(best.len())].1;
        length = step.length.min(remaining);
        pen.step(step.ms, length, direction + step.off);
    }
    None
}

fn stretches(bank: &Bank, random: &mut Random) -> Option<Path> {
    let count = bank.movement(random).len();
    let (in_place, turned) = (random.chance(0.5), random.chance(0.5));
    let mut at = Point::default();
    let mut out = vec![at];
    let mut heading = 0.0;
    while out.len() < count {
        let path = bank.movement(random);
        let length = (3 + random.below(4)).min(path.len() - 1);
        let room = path.len() - length;
        let share = out.len() as f64 / count as f64;
        let from = if in_place { (share * room as f64) as usize } else { random.below(room) };
        let part = &path[from..=from + length];
        // Turned to go on where the last stretch led, or as they were.
        let led = libm::atan2(part[1].y - part[0].y, part[1].x - part[0].x);
        let angle = if turned && out.len() > 1 { heading - led } else { 0.0 };
        let (sin, cos) = (libm::sin(angle), libm::cos(angle));
        for pair in part.windows(2) {
            let (x, y) = (pair[1].x - pair[0].x, pair[1].y - pair[0].y);
            let (x, y) = (x * cos - y * sin, x * sin + y * cos);
            heading = libm::atan2(y, x);
            at = Point { t: at.t + pair[1].t - pair[0].t, x: at.x + x, y: at.y + y };
            out.push(at);
        }
    }
    fitted(&out, random)
}

fn spliced(bank: &Bank, random: &mut Random) -> Option<Path> {
    let (a, b) = (bank.movement(random), bank.movement(random));
    let cut = random.between(0.2, 0.8);
    let (i, j) = ((a.len() as f64 * cut) as usize, (b.len() as f64 * cut) as usize);
    let (join, from) = (*a.get(i)?, *b.get(j)?);
    let mut out = a[..i].to_vec();
    out.extend(b[j..].iter().map(|point| Point {
        t: join.t + point.t - from.t,
        x: join.x + point.x - from.x,
        y: join.y + point.y - from.y,
    }));
    Some(out)
}

fn lengths(path: &[Point]) -> Vec<f64> {
    let mut at = 0.0;
    let steps = path.windows(2).map(|pair| {
        at += pair[0].distance(pair[1]);
        at
    });
    core::iter::once(0.0).chain(steps).collect()
}

/// The position after a share of the length of a path.
fn along(path: &[Point], ways: &[f64], share: f64) -> (f64, f64) {
    let at = share * ways[ways.len() - 1];
    let i = ways.partition_point(|length| *length <= at).clamp(1, ways.len() - 1);
    let v = ((at - ways[i - 1]) / (ways[i] - ways[i - 1]).max(1e-9)).clamp(0.0, 1.0);
    let (a, b) = (path[i - 1], path[i]);
    (a.x + v * (b.x - a.x), a.y + v * (b.y - a.y))
}

/// The speeds of one on the way of another.
fn paced(speed: &[Point], way: &[Point]) -> Option<Path> {
    let (pace, ways) = (lengths(speed), lengths(way));
    let (all, whole) = (*pace.last()?, *ways.last()?);
    (all > 30.0 && whole > 30.0).then(|| {
        speed
            .iter()
            .zip(&pace)
            .map(|(point, done)| {
                let (x, y) = along(way, &ways, done / all);
                Point { t: point.t, x, y }
            })
            .collect()
    })
}

fn speed_on_path(bank: &Bank, random: &mut Random) -> Option<Path> {
    paced(bank.movement(random), bank.movement(random))
}

fn speed_on_curve(bank: &Bank, random: &mut Random) -> Option<Path> {
    let speed = bank.movement(random);
    let length = match random.chance(0.5) {
        true => speed.last()?.x,
        false => target(random).x,
    };
    let mut controls = vec![(0.0, 0.0)];
    for i in 0..random.below(3) {
        let bow = length * random.between(0.02, 0.2);
        controls
            .push((length * (0.2 + 0.4 * i as f64 + 0.2 * random.unit()), bow * random.normal()));
    }
    controls.push((length, 0.0));
    let curve: Path = (0..=200)
        .map(|i| {
            let (x, y) = bezier_of(&controls, f64::from(i) / 200.0);
            Point { t: 0.0, x, y }
        })
        .collect();
    paced(speed, &curve)
}

fn path_eased(bank: &Bank, random: &mut Random) -> Option<Path> {
    let path = bank.movement(random);
    let ways = lengths(path);
    let time = path.last()?.t * random.octaves(0.7, 1.4);
    let count = (time / 1000.0 * 60.0) as usize;
    (count >= 10).then(|| {
        core::iter::once(0.0)
            .chain(eased(count, random))
            .enumerate()
            .map(|(i, share)| {
                let (x, y) = along(path, &ways, share.clamp(0.0, 1.0));
                Point { t: time * i as f64 / count as f64, x, y }
            })
            .collect()
    })
}

fn blended(bank: &Bank, random: &mut Random) -> Option<Path> {
    let (a, b) = (bank.movement(random), bank.movement(random));
    let share = random.between(0.2, 0.8);
    let mix = |a: f64, b: f64| a * share + b * (1.0 - share);
    let count = a.len().min(b.len());
    Some(
        (0..count)
            .map(|i| {
                let at = |path: &Path| path[i * path.len() / count];
                let (a, b) = (at(a), at(b));
                Point { t: mix(a.t, b.t), x: mix(a.x, b.x), y: mix(a.y, b.y) }
            })
            .collect(),
    )
}

fn stretched(bank: &Bank, random: &mut Random) -> Option<Path> {
    let path = bank.movement(random);
    let (along, across) = (random.octaves(0.4, 2.5), random.octaves(0.4, 2.5));
    let (last, time) = (path.len() - 1, path.last()?.t);
    let count = ((path.len() as f64 * random.octaves(0.5, 2.0)) as usize).max(10);
    Some(
        (0..=count)
            .map(|i| {
                let at = last as f64 * i as f64 / count as f64;
                let k = (at as usize).min(last - 1);
                let (a, b, v) = (path[k], path[k + 1], at - k as f64);
                Point {
                    t: time * i as f64 / last as f64,
                    x: along * (a.x + v * (b.x - a.x)),
                    y: across * (a.y + v * (b.y - a.y)),
                }
            })
            .collect(),
    )
}

/// The groups of recipes.
pub fn recipe_groups() -> Vec<&'static str> {
    let mut groups: Vec<&str> = RECIPES.iter().map(|recipe| recipe.group).collect();
    groups.dedup();
    groups
}
