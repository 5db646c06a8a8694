import './engine.mjs';
import '../e2e/sessions.test.mjs';
