// What both pages do: show and control the backends, write down what happened, draw five times a second.
'use strict';
const token = location.hash.slice(1);
const lines_kept = 200;
const frame_every = 200;  // ms
const page = {};  // the elements of the page that have an id, by it
for (const element of document.querySelectorAll('[id]')) page[element.id] = element;
for (const link of document.querySelectorAll('a')) link.hash = location.hash;

/** Call `act` with a frame, soon and once, however often this asks for it: there are five frames a second. */
function soon(act) {
  if (soon.due.size === 0) setTimeout(() => requestAnimationFrame(soon.draw), frame_every);
  soon.due.add(act);
}
soon.due = new Set();
soon.draw = () => {
  const acts = [...soon.due];
  soon.due.clear();
  for (const act of acts) act();
};

function make(tag, parent, properties = {}) {
  const element = Object.assign(document.createElement(tag), properties);
  parent.append(element);
  return element;
}

const said = [];  // what the log does not show yet
const clock = new Intl.DateTimeFormat(undefined, {timeStyle: 'medium'});

/** Write a line of the log. */
function say(text, at = Date.now()) {
  said.push([text, at]);
  if (said.length > lines_kept) said.shift();
  soon(write_log);
}

function write_log() {
  const lines = said.splice(0).reverse().map(([text, at]) =>
      Object.assign(document.createElement('div'), {textContent: `${clock.format(at)}  ${text}`}));
  page.log.prepend(...lines);
  while (page.log.childElementCount > lines_kept) page.log.lastChild.remove();
}

/** Ask the server to change something. Returns whether it has. */
async function control(path, values) {
  const answer = await fetch(`/${path}?${new URLSearchParams(values)}`,
                             {method: 'POST', headers: {'X-Token': token}, body: 'x'});
  if (answer.status === 403) say('The token is wrong: open the address that the program printed.');
  else if (!answer.ok) say(`The control failed: ${answer.status} ${await answer.text()}`);
  return answer.ok;
}

/** Buttons do nothing without the token. */
function needs_token(button) {
  button.disabled = token === '';
  if (button.disabled) button.title = 'Needs the token that the program printed';
}

const choices = [];

/** A box with a button for each way in which `of` can be. */
function make_choices(path, of, texts) {
  const box = make('fieldset', page.controls);
  make('legend', box, {textContent: of});
  for (const [to, text] of Object.entries(texts)) {
    const button = make('button', box, {type: 'button', textContent: text, onclick: () => control(path, {of, to})});
    button.setAttribute('aria-label', `${text} ${of}`);
    needs_token(button);
    choices.push({of, to, button});
    box.append(' ');
  }
}

/** Show the way in which `of` is. */
function choose(of, to) {
  for (const choice of choices)
    if (choice.of === of) choice.button.setAttribute('aria-pressed', String(choice.to === to));
}

for (const name of ['stock', 'prices', 'payments'])
  make_choices('backend', name, {healthy: 'Repair', slow: 'Slow down', broken: 'Break'});

const events = new EventSource('/events');
events.onopen = () => { page.connection.textContent = token ? '' : 'Look only: the address lacks the token.'; };
events.onerror = () => { page.connection.textContent = 'The connection is lost; trying again.'; };

/** Call `hear` with what each event of that kind says. */
const on = (kind, hear) => events.addEventListener(kind, event => hear(JSON.parse(event.data)));
on('sample', ({backends}) => { for (const [name, health] of Object.entries(backends)) choose(name, health); });
