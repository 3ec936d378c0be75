// The circuits. What the events say goes into `circuits`; a frame is drawn from that: the order of the rows if it has changed,
// and in the rows that are in sight what goes on. However many events come, and rows there are, a frame costs that.
'use strict';
const span = 60;  // seconds that ribbons and bars show
const colours = {closed: '--good', open: '--failed', forced_open: '--failed', half_open: '--half', disabled: '--other'};
const words = state => state.replace('_', ' ');
const circuits = new Map();  // by endpoint, in the order of the rows
const groups = new Map();    // by the part of an endpoint before the slash
const in_sight = new Set();
let now = 0;                 // when the last sample was taken, in ms
let summary;
let is_disordered = true;

// ---- what the events say

function find(endpoint) {
  if (!circuits.has(endpoint))
    circuits.set(endpoint, {endpoint, group: endpoint.split('/')[0], states: [], bars: [], why: ''});
  return circuits.get(endpoint);
}

function enter(circuit, state, at) {
  if (circuit.state === state) return;
  circuit.state = state;
  circuit.states.push({state, since: at});
  while (circuit.states.length > 1 && circuit.states[1].since < at - span * 1000) circuit.states.shift();
  is_disordered = true;
}

/** Add what ended since the last sums to the bars of this second and of the one before, by their shares of that time. */
function count(circuit, sums) {
  const last = circuit.sums ?? sums;
  circuit.sums = sums;
  const second = Math.floor(sums.at / 1000);
  const share = Math.min(1, (sums.at / 1000 - second) / ((sums.at - last.at) / 1000 || 1));
  add(circuit, second - 1, last, sums, 1 - share);
  add(circuit, second, last, sums, share);
}

function add({bars}, second, last, sums, share) {
  if (share === 0) return;
  if (bars.at(-1)?.second !== second) bars.push({second, good: 0, failed: 0, refused: 0, ms: 0});
  while (bars[0].second <= second - span) bars.shift();
  for (const kind of ['good', 'failed', 'refused', 'ms']) bars.at(-1)[kind] += Math.max(0, sums[kind] - last[kind]) * share;
}

on('sample', sample => {
  now = sample.at;
  summary = sample.summary;
  for (const [endpoint, [state, good, failed, refused, ms]] of Object.entries(sample.circuits)) {
    const circuit = find(endpoint);
    count(circuit, {at: now, good, failed, refused, ms});
    enter(circuit, state, now);
  }
  soon(draw);
});
on('transition', ({at, endpoint, to, why}) => {
  const circuit = find(endpoint);
  enter(circuit, to, at);
  circuit.why = why;
  say(`${endpoint}: ${why}`, at);
  soon(draw);
});

// ---- the rows and their order

const sight = new IntersectionObserver(entries => {
  for (const {target, isIntersecting} of entries) {
    const circuit = circuits.get(target.dataset.endpoint);
    if (isIntersecting) in_sight.add(circuit);
    else if (in_sight.delete(circuit))
      for (const canvas of circuit.row.canvases) canvas.width = 0;  // gives its memory back
  }
  soon(draw);
}, {rootMargin: '100px'});

function row_of(circuit) {
  if (circuit.row) return circuit.row;
  const line = page.row.content.firstElementChild.cloneNode(true);
  line.dataset.endpoint = circuit.endpoint;
  line.cells[0].textContent = line.cells[0].title = circuit.endpoint;
  for (const button of line.querySelectorAll('button')) {
    button.setAttribute('aria-label', `${button.textContent} ${circuit.endpoint}`);
    if (button.value !== 'settings') needs_token(button);
  }
  circuit.row = {line, state: line.querySelector('.state'), canvases: line.querySelectorAll('canvas'),
                 ms: line.querySelector('.number'), why: line.querySelector('.why span')};
  sight.observe(line);
  return circuit.row;
}

page.circuits.onclick = ({target: {value, parentNode}}) => {
  const {endpoint, group} = parentNode.closest('tr')?.dataset ?? {};
  if (group) {
    groups.get(group).is_open = !groups.get(group).is_open;
    is_disordered = true;
    draw();
  } else if (value === 'settings') {
    open_settings(endpoint);
  } else if (value) {
    control('circuit', {of: endpoint, to: value});
  }
};

function head_of(name, members) {
  if (!groups.has(name)) {
    const line = document.createElement('tr');
    Object.assign(line, {className: 'group'}).dataset.group = name;
    const cell = make('th', line, {scope: 'rowgroup', colSpan: 7});
    groups.set(name, {line, button: make('button', cell, {type: 'button'}), is_open: true});
  }
  const group = groups.get(name);
  const sick = members.filter(circuit => circuit.state !== 'closed').length;
  group.button.textContent = `${name}: ${members.length} circuits, ${sick === 0 ? 'all closed' : `${sick} not closed`}`;
  group.button.setAttribute('aria-expanded', group.is_open);
  return group;
}

function wanted_rows() {
  const text = page.filter.value.trim().toLowerCase();
  const wanted = [...circuits.values()].filter(({endpoint}) => endpoint.toLowerCase().includes(text));
  const is_closed = circuit => circuit.state === 'closed';
  if (page.troubled.checked) wanted.sort((a, b) => is_closed(a) - is_closed(b));
  const lines = members => members.map(circuit => row_of(circuit).line);
  if (!page.grouped.checked) return lines(wanted);
  const members = new Map();
  for (const circuit of wanted) members.set(circuit.group, [...members.get(circuit.group) ?? [], circuit]);
  return [...members].flatMap(([name, its]) => {
    const head = head_of(name, its);
    return [head.line, ...head.is_open ? lines(its) : []];
  });
}

let rows = [];

function arrange() {
  is_disordered = false;
  for (const circuit of circuits.values()) {
    const {line, state} = row_of(circuit);
    if (line.dataset.state === circuit.state) continue;
    line.dataset.state = circuit.state;
    state.className = `state ${circuit.state}`;
    state.textContent = words(circuit.state);
  }
  const wanted = wanted_rows();
  if (wanted.length === rows.length && wanted.every((row, i) => row === rows[i])) return;
  rows = wanted;
  const focused = document.activeElement;
  page.circuits.replaceChildren(...rows);
  if (page.circuits.contains(focused)) focused.focus({preventScroll: true});
}

for (const input of [page.filter, page.troubled, page.grouped])
  input.oninput = () => { is_disordered = true; draw(); };

// ---- a frame

function draw_states({states, state, row: {canvases: [canvas]}}, style) {
  const {width, height} = Object.assign(canvas, {width: 440, height: 44});  // and clears it
  const pen = canvas.getContext('2d');
  const stays = states.map(({state, since}, i) => ({state, since, until: states[i + 1]?.since ?? now}));
  // A half-open time of a millisecond is drawn last, and wide enough to be seen.
  stays.sort((a, b) => (a.state === 'half_open') - (b.state === 'half_open'));
  for (const {state, since, until} of stays) {
    const left = Math.max(0, (since - now) / 1000 / span + 1) * width;
    pen.fillStyle = style.getPropertyValue(colours[state]);
    pen.fillRect(left, 0, Math.max(4, (until - since) / 1000 / span * width), height);
  }
  canvas.setAttribute('aria-label', `${words(state)} now`);
}

function draw_calls({bars, sums, row: {canvases: [, canvas]}}, most, style) {
  const {width, height} = Object.assign(canvas, {width: 440, height: 44});
  const pen = canvas.getContext('2d');
  const kinds = ['good', 'failed', 'refused'];
  for (const kind of kinds) {
    pen.fillStyle = style.getPropertyValue(`--${kind}`);
    for (const bar of bars) {
      const base = kinds.slice(0, kinds.indexOf(kind) + 1).reduce((sum, each) => sum + bar[each], 0);
      const x = (bar.second - Math.floor(now / 1000) + span - 1) * width / span;
      pen.fillRect(x, height - base / most * height, width / span - 1, bar[kind] / most * height);
    }
  }
  if (!sums) return;
  canvas.setAttribute('aria-label', kinds.map(kind => `${sums[kind]} ${kind}`).join(', ') + ' since the start');
}

function draw_row(circuit, most, style) {
  draw_states(circuit, style);
  draw_calls(circuit, most, style);
  const recent = circuit.bars.slice(-3);
  const sum = kind => recent.reduce((all, bar) => all + bar[kind], 0);
  const ended = sum('good') + sum('failed');
  circuit.row.ms.textContent = ended ? (sum('ms') / ended).toFixed(0) : '–';
  if (circuit.why) circuit.row.why.textContent = circuit.row.why.title = circuit.why;
}

function draw() {
  if (is_disordered) arrange();
  const style = getComputedStyle(document.documentElement);
  const drawn = [...in_sight];
  const most = Math.max(4, ...drawn.flatMap(({bars}) => bars.map(bar => bar.good + bar.failed + bar.refused)));
  for (const circuit of drawn) draw_row(circuit, most, style);
  if (summary) write_summary(summary);
}

function write_summary({transitions, refused, ...states}) {
  const counts = Object.entries(states).filter(([, count]) => count > 0).map(([state, count]) => `${count} ${words(state)}`);
  page.summary.textContent =
      `${circuits.size} circuits: ${counts.join(', ')} · ${transitions} transitions, ${refused} calls refused`;
}
