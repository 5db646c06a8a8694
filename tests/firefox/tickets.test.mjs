import './engine.mjs';
import '../e2e/tickets.test.mjs';
