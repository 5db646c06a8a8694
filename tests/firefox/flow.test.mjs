import './kit/engine.mjs';
import '../e2e/flow.test.mjs';
