import './kit/engine.mjs';
import '../e2e/tickets.test.mjs';
