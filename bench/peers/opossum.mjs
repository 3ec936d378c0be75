// opossum, as its documentation uses it: `await breaker.fire()`.
import CircuitBreaker from 'opossum';
import { measure, report } from './measure.mjs';

const settings = { timeout: false, errorThresholdPercentage: 100, resetTimeout: 3600_000,
                   volumeThreshold: 2 ** 31 };
const succeed = async () => 1;
const fail = async () => { throw new Error('down'); };

const closed = new CircuitBreaker(succeed, settings);
const failing = new CircuitBreaker(fail, settings);
const open = new CircuitBreaker(succeed, settings);
open.open();

await report('opossum', {
  bare_success: await measure(succeed),
  closed_success: await measure(() => closed.fire()),
  open_reject: await measure(() => open.fire(), 'EOPENBREAKER'),
  bare_failure: await measure(fail, true),
  failing_call: await measure(() => failing.fire(), true),
});
