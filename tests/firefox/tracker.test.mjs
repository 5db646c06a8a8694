import './engine.mjs';
import '../e2e/tracker.test.mjs';
