// The settings of one circuit: its sentence and what that promises, another one on trial beside it, and taken over.
'use strict';
let open_endpoint = '';

async function ask(path, values) {
  const answer = await fetch(`/${path}?${new URLSearchParams(values)}`);
  return answer.json();
}

function show_state(element, state) {
  element.className = `state ${state}`;
  element.textContent = words(state);
}

function show_trial(trial) {
  page.trial.hidden = !trial;
  page.trial_sentence.textContent = trial?.sentence ?? '';
  if (!trial) return;
  show_state(page.trial_state, trial.state);
  page.trial_forecast.textContent = trial.forecast;
  page.counts.textContent =
      `Of ${trial.agreed + trial.live_only + trial.candidate_only} calls both decided ${trial.agreed} alike; only the circuit ` +
      `refused ${trial.live_only}, only the trial would have refused ${trial.candidate_only}.`;
}

async function refresh() {
  const of = open_endpoint;
  if (of === '') return;
  const {live, trial} = await ask('settings', {of});
  if (of !== open_endpoint) return;
  show_state(page.live_state, circuits.get(of).state);
  page.live_sentence.textContent = live.sentence;
  page.live_forecast.textContent = live.forecast;
  show_trial(trial);
  return live.sentence;
}

/** Say what the sentence in the field promises, or where it stops making sense. */
async function check() {
  const sentence = page.sentence.value;
  const {sentence: usual, forecast = '', wrong = ''} = await ask('check', {sentence});
  if (sentence !== page.sentence.value) return;
  const is_shown = [page.live_sentence, page.trial_sentence].some(shown => shown.textContent === usual);
  page.promise.textContent = is_shown ? '' : forecast;
  const caret = wrong.indexOf('^ ') + 1;  // 0: it has no place
  page.where.textContent = wrong.slice(0, caret);
  page.expected.textContent = wrong.slice(caret);
  page.try.disabled = token === '' || wrong !== '';
}

async function open_settings(endpoint) {
  open_endpoint = page.endpoint.textContent = endpoint;
  page.sentence.value = await refresh();
  check();
  page.settings.hidden = false;
  page.sentence.focus();
}

async function change(to) {
  await control('settings', {of: open_endpoint, to, sentence: page.sentence.value});
  await refresh();
  check();
}

page.close.onclick = () => { page.settings.hidden = true; open_endpoint = ''; };
page.sentence.oninput = check;
page.edit.onsubmit = event => { event.preventDefault(); change('try'); };
page.take.onclick = () => change('take');
page.stop.onclick = () => change('stop');
for (const button of [page.try, page.take, page.stop]) needs_token(button);
setInterval(refresh, 1000);
