import './engine.mjs';
import '../e2e/attacks.test.mjs';
