//! Generators of our own, for training: what the published ones have in common, with every parameter
//! varied. Each names the kinds of published generators that it resembles; it is left out where one of
//! those is held out.

use crate::{data::Sample, random::Random};
use core::f64::consts::{PI, TAU};
use partitioned_authority::proof::Point;

/// A generator.
pub struct Program {
    pub name: &'static str,
    /// Families of [`crate::families`] that it resembles.
    pub like: &'static [&'static str],
    draw: fn(&Task, &mut Random) -> Vec<(f64, f64)>,
}

/// Every one that needs no recording.
pub const PROGRAMS: [Program; 9] = [
    Program { name: "own_line", like: &["line"], draw: line },
    Program { name: "own_bezier", like: &["bezier", "ghost", "humancursor", "pyhm"], draw: bezier },
    Program { name: "own_minimum_jerk", like: &["minimum_jerk"], draw: minimum_jerk },
    Program { name: "own_lognormal", like: &["lognormal"], draw: lognormal },
    Program { name: "own_spline", like: &["spline", "humancursor", "humanize"], draw: spline },
    Program { name: "own_noise", like: &["perlin"], draw: noise },
    Program { name: "own_walk", like: &["gaussian"], draw: walk },
    Program { name: "own_spring", like: &["wind"], draw: spring },
    Program { name: "own_waves", like: &["waves"], draw: waves },
];

/// What a generator is asked: a way in px, and how many steps to take.
struct Task {
    dx: f64,
    dy: f64,
    length: f64,
    steps: usize,
}

impl Program {
    /// One run.
    pub fn run(&self, random: &mut Random) -> Sample {
        let length = random.octaves(50.0, 1300.0);
        let angle = TAU * random.unit();
        let duration = random.octaves(150.0, 1700.0);
        let period = match random.below(4) {
            0 => 1000.0 / 60.0,
            1 => random.between(4.0, 12.0),
            2 => random.between(12.0, 25.0),
            _ => 8.0,
        };
        let task = Task {
            dx: length * libm::cos(angle),
            dy: length * libm::sin(angle),
            length,
            steps: ((duration / period) as usize).clamp(6, 180),
        };
        timed(self.name, &(self.draw)(&task, random), period, random)
    }
}

/// Positions sent at a period, as a busy machine keeps it.
pub fn timed(name: &str, path: &[(f64, f64)], period: f64, random: &mut Random) -> Sample {
    let slack = random.between(0.0, 4.0);
    let sleepy = random.between(0.0, 0.3) * f64::from(u8::from(random.chance(0.3)));
    let mut t = 0.0;
    let mut points: Vec<Point> = path
        .iter()
        .map(|(x, y)| {
            t += period * (1.0 + sleepy * random.normal()).max(0.2) + random.exponential(slack)
                - slack / 2.0;
            Point { t: t.max(0.0), x: x.round_ties_even(), y: y.round_ties_even() }
        })
        .collect();
    let mut latest = 0.0_f64;
    for point in &mut points {
        latest = latest.max(point.t);
        point.t = latest;
    }
    let last = points.last().copied().unwrap_or_default();
    points.retain(|point| last.t - point.t <= 2000.0);
    let from = points.first().map_or(0.0, |point| point.t);
    for point in &mut points {
        point.t -= from;
    }
    let click = points.last().copied().unwrap_or_default();
    Sample {
        source: name.to_owned(),
        bot: true,
        group: name.to_owned(),
        points,
        click,
        dwell_ms: None,
    }
}

/// Shares of the way at equal times.
pub fn eased(steps: usize, random: &mut Random) -> Vec<f64> {
    let kind = random.below(9);
    let power = random.between(1.2, 5.0);
    let peak = random.between(0.2, 0.6);
    (1..=steps)
        .map(|i| {
            let u = i as f64 / steps as f64;
            match kind {
                0 => u,
                1 => u * u * u * (10.0 - 15.0 * u + 6.0 * u * u),
                2 => u * u * (3.0 - 2.0 * u),
                3 => 1.0 - libm::pow(1.0 - u, power),
                4 => (1.0 - libm::cos(PI * u)) / 2.0,
                5 if u < 0.5 => libm::pow(2.0 * u, power) / 2.0,
                5 => 1.0 - libm::pow(2.0 - 2.0 * u, power) / 2.0,
                6 => 1.0 - libm::pow(2.0, -power * 2.0 * u) + u * libm::pow(2.0, -power * 2.0),
                // Rises to its peak early, as a hand does.
                7 => {
                    let warped = libm::pow(u, libm::log(0.5) / libm::log(peak));
                    warped * warped * (3.0 - 2.0 * warped)
                }
                _ => libm::sin(PI / 2.0 * u),
            }
        })
        .collect()
}

/// Jitter added by many generators: none, independent, or with a memory; it fades towards the end or not.
fn jittered(path: &mut [(f64, f64)], random: &mut Random) {
    let strength = match random.below(4) {
        0 => 0.0,
        1 => random.between(0.2, 1.0),
        2 => random.between(1.0, 3.0),
        _ => random.between(0.3, 1.5),
    };
    let memory = if random.chance(0.5) { 0.0 } else { random.between(0.3, 0.95) };
    let rarely = if random.chance(0.7) { 1.0 } else { random.between(0.2, 0.8) };
    let fades = random.chance(0.5);
    let count = path.len();
    let (mut ox, mut oy) = (0.0, 0.0);
    for (i, (x, y)) in path.iter_mut().enumerate() {
        ox *= memory;
        oy *= memory;
        if random.chance(rarely) {
            ox += strength * random.normal();
            oy += strength * random.normal();
        }
        let envelope = if fades { 1.0 - i as f64 / count as f64 } else { 1.0 };
        if i + 1 < count {
            *x += ox * envelope;
            *y += oy * envelope;
        }
    }
}

fn line(task: &Task, random: &mut Random) -> Vec<(f64, f64)> {
    let mut path: Vec<_> =
        eased(task.steps, random).into_iter().map(|u| (task.dx * u, task.dy * u)).collect();
    jittered(&mut path, random);
    path
}

pub fn bezier_of(controls: &[(f64, f64)], u: f64) -> (f64, f64) {
    let mut points = controls.to_vec();
    while points.len() > 1 {
        points = points
            .windows(2)
            .map(|p| (p[0].0 + u * (p[1].0 - p[0].0), p[0].1 + u * (p[1].1 - p[0].1)))
            .collect();
    }
    points[0]
}

fn bezier(task: &Task, random: &mut Random) -> Vec<(f64, f64)> {
    let inner = 1 + random.below(4);
    let spread = task.length * random.between(0.02, 0.5);
    let one_side = random.chance(0.5);
    let side = if random.chance(0.5) { 1.0 } else { -1.0 };
    let (nx, ny) = (-task.dy / task.length, task.dx / task.length);
    let mut shares: Vec<f64> = (0..inner).map(|_| random.unit()).collect();
    shares.sort_by(f64::total_cmp);
    let mut controls = vec![(0.0, 0.0)];
    for share in shares {
        let off =
            if one_side { side * spread * random.unit() } else { spread * random.normal() / 2.0 };
        controls.push((task.dx * share + nx * off, task.dy * share + ny * off));
    }
    let overshoot = random.chance(0.25) && task.length > 200.0;
    let end = if overshoot {
        (
            task.dx + task.length * 0.1 * random.normal(),
            task.dy + task.length * 0.1 * random.normal(),
        )
    } else {
        (task.dx, task.dy)
    };
    controls.push(end);
    let mut path: Vec<_> =
        eased(task.steps, random).into_iter().map(|u| bezier_of(&controls, u)).collect();
    if overshoot {
        let back = (task.steps / 4).max(4);
        let middle = (
            (end.0 + task.dx) / 2.0 + 5.0 * random.normal(),
            (end.1 + task.dy) / 2.0 + 5.0 * random.normal(),
        );
        let way = [end, middle, (task.dx, task.dy)];
        path.extend(eased(back, random).into_iter().map(|u| bezier_of(&way, u)));
    }
    if random.chance(0.5) {
        jittered(&mut path, random);
    }
    path
}

fn minimum_jerk(task: &Task, random: &mut Random) -> Vec<(f64, f64)> {
    // A primary movement that misses by a share, then corrections, each of minimum jerk; they overlap.
    let corrections = random.below(3);
    let mut strokes = Vec::new();
    let (mut x, mut y) = (0.0, 0.0);
    let mut start = 0.0;
    for i in 0..=corrections {
        let share = if i == corrections { 1.0 } else { random.between(0.75, 1.08) };
        let (dx, dy) = ((task.dx - x) * share, (task.dy - y) * share);
        let width = if i == 0 { 1.0 } else { random.between(0.2, 0.5) };
        strokes.push((start, width, dx, dy));
        x += dx;
        y += dy;
        start += width * random.between(0.6, 1.0);
    }
    let whole = strokes.iter().map(|(start, width, ..)| start + width).fold(0.0, f64::max);
    let bow = task.length * 0.1 * random.normal() / 2.0;
    let (nx, ny) = (-task.dy / task.length, task.dx / task.length);
    let tremor = random.between(0.0, 1.5);
    let (rate, phase) = (random.between(1.0, 6.0), TAU * random.unit());
    let mut path: Vec<_> = (1..=task.steps)
        .map(|i| {
            let u = i as f64 / task.steps as f64;
            let (mut x, mut y) = (0.0, 0.0);
            for (start, width, dx, dy) in &strokes {
                let v = ((u * whole - start) / width).clamp(0.0, 1.0);
                let part = v * v * v * (10.0 - 15.0 * v + 6.0 * v * v);
                x += dx * part;
                y += dy * part;
            }
            let off = bow * 4.0 * u * (1.0 - u) + tremor * libm::sin(TAU * rate * u + phase);
            (x + nx * off, y + ny * off)
        })
        .collect();
    jittered(&mut path, random);
    path
}

fn lognormal(task: &Task, random: &mut Random) -> Vec<(f64, f64)> {
    // Strokes whose speed is a lognormal of time, each on its own arc (Plamondon's kinematic theory).
    let count = 1 + random.below(4);
    let mut strokes: Vec<(f64, f64, f64, f64, f64)> = (0..count)
        .map(|i| {
            let start = i as f64 * random.between(0.15, 0.35);
            let weight = if i == 0 { 1.0 } else { random.between(0.05, 0.5) };
            (
                start,
                random.between(-1.6, -0.8),
                random.between(0.15, 0.45),
                weight,
                0.35 * random.normal(),
            )
        })
        .collect();
    let sum: f64 = strokes.iter().map(|stroke| stroke.3).sum();
    for stroke in &mut strokes {
        stroke.3 /= sum;
    }
    let span = strokes.last().map_or(1.0, |stroke| stroke.0) + random.between(0.7, 1.1);
    let direction = libm::atan2(task.dy, task.dx);
    let mut path: Vec<_> = (1..=task.steps)
        .map(|i| {
            let t = span * i as f64 / task.steps as f64;
            let (mut x, mut y) = (0.0, 0.0);
            for (start, mu, sigma, weight, bend) in &strokes {
                if t <= *start {
                    continue;
                }
                let z = (libm::log(t - start) - mu) / sigma;
                let done = 0.5 * (1.0 + libm::erf(z / core::f64::consts::SQRT_2));
                let angle = direction + bend * (done - 0.5);
                x += task.length * weight * done * libm::cos(angle);
                y += task.length * weight * done * libm::sin(angle);
            }
            (x, y)
        })
        .collect();
    jittered(&mut path, random);
    path
}

fn spline(task: &Task, random: &mut Random) -> Vec<(f64, f64)> {
    let inner = 1 + random.below(5);
    let spread = task.length * random.between(0.01, 0.15);
    let mut knots = vec![(0.0, 0.0), (0.0, 0.0)];
    for i in 1..=inner {
        let share = i as f64 / (inner + 1) as f64;
        knots.push((
            task.dx * share + spread * random.normal(),
            task.dy * share + spread * random.normal(),
        ));
    }
    knots.extend([(task.dx, task.dy); 2]);
    let mut path: Vec<_> = eased(task.steps, random)
        .into_iter()
        .map(|u| {
            let at = (u.clamp(0.0, 1.0) * (inner + 1) as f64).min(inner as f64 + 0.999_999);
            let i = at as usize;
            let v = at - i as f64;
            let one = |pick: fn(&(f64, f64)) -> f64| {
                let [a, b, c, d] = [i, i + 1, i + 2, i + 3].map(|k| pick(&knots[k]));
                0.5 * (2.0 * b
                    + v * (c - a)
                    + v * v * (2.0 * a - 5.0 * b + 4.0 * c - d)
                    + v * v * v * (3.0 * b - a - 3.0 * c + d))
            };
            (one(|p| p.0), one(|p| p.1))
        })
        .collect();
    if random.chance(0.6) {
        jittered(&mut path, random);
    }
    path
}

/// Smooth noise: values at whole places, cosines between.
fn smooth_noise(random: &mut Random, count: usize, cells: f64) -> Vec<f64> {
    let values: Vec<f64> = (0..cells as usize + 3).map(|_| random.normal()).collect();
    (0..count)
        .map(|i| {
            let at = cells * i as f64 / count as f64;
            let (cell, v) = (at as usize, at - (at as usize) as f64);
            let w = (1.0 - libm::cos(PI * v)) / 2.0;
            values[cell] * (1.0 - w) + values[cell + 1] * w
        })
        .collect()
}

fn noise(task: &Task, random: &mut Random) -> Vec<(f64, f64)> {
    let mut xs = vec![0.0; task.steps];
    let mut ys = vec![0.0; task.steps];
    let mut strength = task.length * random.between(0.02, 0.4);
    let mut cells = random.between(1.0, 6.0);
    for _ in 0..1 + random.below(4) {
        let octave =
            (smooth_noise(random, task.steps, cells), smooth_noise(random, task.steps, cells));
        for ((x, y), (a, b)) in xs.iter_mut().zip(&mut ys).zip(octave.0.iter().zip(&octave.1)) {
            *x += strength * a;
            *y += strength * b;
        }
        strength *= 0.5;
        cells *= 2.0;
    }
    let arrives = random.chance(0.5);
    eased(task.steps, random)
        .into_iter()
        .zip(xs.iter().zip(&ys))
        .map(|(u, (x, y))| {
            let envelope = if arrives { 4.0 * u * (1.0 - u) } else { 1.0 };
            (task.dx * u + x * envelope, task.dy * u + y * envelope)
        })
        .collect()
}

fn walk(task: &Task, random: &mut Random) -> Vec<(f64, f64)> {
    // A random walk whose steps are smoothed, bent to arrive.
    let strength = task.length / task.steps as f64 * random.between(0.3, 3.0);
    let memory = random.between(0.0, 0.9);
    let (mut vx, mut vy, mut x, mut y) = (0.0, 0.0, 0.0, 0.0);
    let raw: Vec<(f64, f64)> = (0..task.steps)
        .map(|_| {
            vx = memory * vx + strength * random.normal();
            vy = memory * vy + strength * random.normal();
            x += vx;
            y += vy;
            (x, y)
        })
        .collect();
    let (ex, ey) = (task.dx - x, task.dy - y);
    eased(task.steps, random)
        .into_iter()
        .zip(raw)
        .map(|(u, (x, y))| (x + ex * u, y + ey * u))
        .collect()
}

fn spring(task: &Task, random: &mut Random) -> Vec<(f64, f64)> {
    // A mass drawn to the target, damped, pushed about.
    let pull = random.octaves(0.003, 0.08);
    let damping = 2.0 * libm::sqrt(pull) * random.between(0.4, 1.3);
    let push = random.between(0.0, 3.0);
    let memory = random.between(0.3, 0.95);
    let most = random.octaves(6.0, 60.0);
    let (mut x, mut y, mut vx, mut vy, mut wx, mut wy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    let mut path = Vec::new();
    for _ in 0..240 {
        let near = (libm::hypot(task.dx - x, task.dy - y) / 50.0).min(1.0);
        wx = memory * wx + push * near * random.normal() * 0.3;
        wy = memory * wy + push * near * random.normal() * 0.3;
        vx += pull * (task.dx - x) - damping * vx + wx;
        vy += pull * (task.dy - y) - damping * vy + wy;
        let speed = libm::hypot(vx, vy);
        if speed > most {
            vx *= most / speed;
            vy *= most / speed;
        }
        x += vx;
        y += vy;
        path.push((x, y));
        if libm::hypot(task.dx - x, task.dy - y) < 1.5 && speed < 3.0 {
            break;
        }
    }
    path
}

fn waves(task: &Task, random: &mut Random) -> Vec<(f64, f64)> {
    // A line with sines across and along.
    let parts: Vec<(f64, f64, f64, f64)> = (0..1 + random.below(3))
        .map(|_| {
            (
                task.length * 0.05 * random.normal(),
                random.between(0.5, 6.0),
                TAU * random.unit(),
                task.length * 0.01 * random.normal(),
            )
        })
        .collect();
    let (nx, ny) = (-task.dy / task.length, task.dx / task.length);
    let mut path: Vec<_> = eased(task.steps, random)
        .into_iter()
        .map(|u| {
            let envelope = libm::sin(PI * u);
            let (mut across, mut along) = (0.0, 0.0);
            for (strength, rate, phase, lengthwise) in &parts {
                across += strength * libm::sin(TAU * rate * u + phase) * envelope;
                along += lengthwise * libm::sin(TAU * rate * u) * envelope;
            }
            let v = u + along / task.length;
            (task.dx * v + nx * across, task.dy * v + ny * across)
        })
        .collect();
    if random.chance(0.5) {
        jittered(&mut path, random);
    }
    path
}
