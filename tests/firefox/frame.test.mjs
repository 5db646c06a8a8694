import './kit/engine.mjs';
import '../e2e/frame.test.mjs';
