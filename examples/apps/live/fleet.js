// The fleet: a row for each node, a cell for each of its circuits.
'use strict';
make_choices('store', 'store', {up: 'Bring back', down: 'Take away'});

function make_node(node) {
  const line = document.createElement('tr');
  line.dataset.node = node.name;
  make('th', line, {scope: 'row', textContent: node.name});
  for (const {backend, state, told} of node.circuits) {
    const cell = make('td', line);
    Object.assign(cell.dataset, {backend, state, told});
    make('span', cell, {className: `state ${state}`, textContent: state.replace('_', ' ')});
    if (told) cell.append(' '), make('span', cell, {className: 'state told', textContent: 'told: down'});
  }
  make('td', line, {textContent: node.store ? 'answers' : 'away'});
  for (const number of [node.votes, node.heard, node.commands]) make('td', line, {textContent: number});
  return line;
}

let fleet;
const show = () => {
  choose('store', fleet.store ? 'up' : 'down');
  page.nodes.replaceChildren(...fleet.nodes.map(make_node));
};

on('fleet', event => { fleet = event.fleet; soon(show); });
on('told', ({at, node, backend, down}) => {
  say(down ? `${node} was told: ${backend} is down` : `${node} heeds that of ${backend} no more`, at);
});
