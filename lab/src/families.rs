//! Which generators are alike: held out together, so that none is judged by a model that knows its twin.

/// The family of a source; a source of its own is a family of its own.
pub fn family(source: &str) -> &str {
    match source {
        "playwright_linear" | "puppeteer_linear" | "linear_jitter" | "own_line" => "line",
        "bezier_ease" | "oxy_bezier" | "pyclick" | "own_bezier" => "bezier",
        "ghost_cursor" | "ghost_cursor_playwright" => "ghost",
        "humancursor_sys" | "humancursor_web" => "humancursor",
        "puppeteer_humanize" | "own_spline" => "humanize",
        "oxy_gaussian" | "own_walk" => "gaussian",
        "oxy_perlin" | "own_noise" => "perlin",
        "windmouse" | "own_spring" => "wind",
        other => other,
    }
}
