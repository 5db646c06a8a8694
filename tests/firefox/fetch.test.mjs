import './engine.mjs';
import '../e2e/fetch.test.mjs';
