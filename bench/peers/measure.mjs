// Times `call` as a caller meets it: awaited, one at a time, warmed up, the median of several
// samples. Each outcome is checked.
import { createRequire } from 'node:module';

const samples = 9;
const sampleMs = 50;

/** `error`: the call must reject (a string: with that code). Gives nanoseconds per call. */
export async function measure(call, error = false) {
  const once = async () => {
    try {
      await call();
    } catch (thrown) {
      if (error === false || (error !== true && thrown.code !== error)) throw thrown;
      return;
    }
    if (error) throw new Error('the call should have been refused or failed');
  };
  const sample = async (milliseconds) => {
    const begin = process.hrtime.bigint();
    const end = begin + BigInt(milliseconds) * 1_000_000n;
    let calls = 0;
    do {
      for (let i = 0; i < 100; ++i) await once();
      calls += 100;
    } while (process.hrtime.bigint() < end);
    return Number(process.hrtime.bigint() - begin) / calls;
  };
  await sample(200);
  const times = [];
  for (let i = 0; i < samples; ++i) times.push(await sample(sampleMs));
  return times.sort((a, b) => a - b)[samples >> 1];
}

export async function report(name, rows) {
  const require = createRequire(import.meta.url);
  let version = '';
  try { version = require(`${name}/package.json`).version; } catch { /* not exported */ }
  console.log(JSON.stringify({ name, version, language: `JavaScript, Node ${process.version}`,
                               unit: 'ns', rows }));
  process.exit(0);  // timers of a breaker would keep it alive
}
