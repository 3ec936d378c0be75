// cockatiel, as its documentation uses it: `await policy.execute(fn)`.
import { ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import { measure, report } from './measure.mjs';

const make = (failures) => circuitBreaker(handleAll, {
  halfOpenAfter: 3600_000, breaker: new ConsecutiveBreaker(failures) });
const succeed = async () => 1;
const fail = async () => { throw new Error('down'); };

const closed = make(2 ** 31);
const failing = make(2 ** 31);
const open = make(1);
await open.execute(fail).catch(() => {});

await report('cockatiel', {
  bare_success: await measure(succeed),
  closed_success: await measure(() => closed.execute(succeed)),
  open_reject: await measure(() => open.execute(succeed), true),
  bare_failure: await measure(fail, true),
  failing_call: await measure(() => failing.execute(fail), true),
});
