#include "thrum/serve/page_internal.h"

#include "thrum/serve/model_card_internal.h"

namespace thrum::serving {
namespace {

constexpr std::string_view head = R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Thrum</title>
<style>
:root { color-scheme: light dark; --line: #8884; --accent: #4a7bd0; --bad: #c0392b; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 0 0 .5rem; }
section { border: 1px solid var(--line); border-radius: 8px; padding: 1rem; margin: 1rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0; }
dt { opacity: .7; } dd { margin: 0; }
#features { display: grid; grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); gap: .6rem; max-height: 24rem;
  overflow: auto; }
label { display: block; font-size: .85rem; overflow-wrap: anywhere; }
input, select, button { font: inherit; box-sizing: border-box; width: 100%; padding: .25rem .4rem; }
button { width: auto; margin-top: .8rem; padding: .3rem 1.2rem; }
.bar { display: grid; grid-template-columns: 12rem 1fr 6rem; gap: .6rem; align-items: center; font-size: .85rem; }
.bar div { height: .7rem; background: var(--accent); border-radius: 3px; min-width: 1px; }
.bar .less { background: var(--bad); }
#error { color: var(--bad); white-space: pre-wrap; }
#charts { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }
svg { width: 100%; height: 7rem; border-bottom: 1px solid var(--line); }
polyline { fill: none; stroke: var(--accent); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
pre { overflow: auto; font-size: .8rem; }
</style>
<h1>Thrum</h1>
<section><h2>Model</h2>
<select id="model" hidden aria-label="model"></select>
<dl id="card"></dl></section>
<section><h2>Try it</h2>
<form id="form"><div id="features"></div><button>Predict</button></form>
<p id="answer" role="status"></p><p id="error" role="alert"></p>
<div id="probabilities"></div><h2 id="why" hidden>What each feature adds</h2><div id="contributions"></div>
<details><summary>With curl</summary><pre id="curl"></pre></details></section>
<section><h2>Now</h2>
<div id="charts"><figure><figcaption>requests per second: <b id="rate">–</b></figcaption><svg id="rates"
preserveAspectRatio="none"></svg></figure><figure><figcaption>latency, median and 99&nbsp;%: <b id="latency">–</b></figcaption><svg
id="latencies" preserveAspectRatio="none"></svg></figure></div>
<p><a href="/metrics">metrics</a> · <a href="/openapi.json">OpenAPI</a></p></section>
<script type="application/json" id="models">)html";

constexpr std::string_view script = R"html(</script>
<script>
'use strict';
const $ = id => document.getElementById(id);
const models = JSON.parse($('models').textContent);
let model = models[0];

function add(parent, tag, text, attributes = {}) {
  const element = parent.appendChild(document.createElement(tag));
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function bar(parent, name, value, largest, text) {
  const row = add(parent, 'div', '', {class: 'bar'});
  add(row, 'span', name);
  const fill = add(row, 'div', '', {class: value < 0 ? 'less' : ''});
  fill.style.width = (largest > 0 ? 100 * Math.abs(value) / largest : 0) + '%';
  add(row, 'span', text);
}

function showModel() {
  const card = $('card');
  card.replaceChildren();
  const lines = {name: model.name, version: model.version, predicts: model.target + ' (' + model.task + ')',
                 features: model.features.length};
  if (model.classes.length) lines.classes = model.classes.join(', ');
  for (const [name, text] of Object.entries(lines)) { add(card, 'dt', name); add(card, 'dd', text); }
  $('features').replaceChildren();
  model.features.forEach((feature, i) => {
    const label = add($('features'), 'label', feature.name);
    const input = add(label, 'input', '', {name: 'f' + i, placeholder: 'missing'});
    if (feature.type === 'number') input.inputMode = 'decimal';
    if (feature.categories.length) {
      const list = add(label, 'datalist', '', {id: 'd' + i});
      for (const category of feature.categories) add(list, 'option', '', {value: category});
      input.setAttribute('list', 'd' + i);
    }
    if (feature.example !== null) input.value = feature.example;
  });
  showCurl();
}

function tensors() {
  return model.features.map((feature, i) => {
    const text = $('form').elements['f' + i].value;
    const number = Number(text);
    const value = text.trim() === '' ? null : feature.type === 'number' && !Number.isNaN(number) ? number : text;
    return {name: feature.name, shape: [1], datatype: feature.type === 'number' ? 'FP64' : 'BYTES', data: [value]};
  });
}

const path = () => '/v2/models/' + encodeURIComponent(model.name) + '/infer';

function showCurl() {
  const body = JSON.stringify({inputs: tensors()}).replaceAll("'", "'\\''");
  $('curl').textContent = 'curl ' + location.origin + path() + " -d '" + body + "'";
}

async function predict() {
  for (const id of ['answer', 'error', 'probabilities', 'contributions']) $(id).replaceChildren();
  $('why').hidden = true;
  showCurl();
  const outputs = ['predictions'];
  if (model.classes.length) outputs.push('probabilities');
  if (model.explains) outputs.push('contributions');
  const reply = await fetch(path(), {method: 'POST', headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({inputs: tensors(), outputs: outputs.map(name => ({name}))})});
  const answer = await reply.json();
  if (!reply.ok) { $('error').textContent = answer.error; return; }
  const data = Object.fromEntries(answer.outputs.map(output => [output.name, output]));
  $('answer').textContent = model.target + ': ' + data.predictions.data[0];
  (data.probabilities ? data.probabilities.data : []).forEach(
    (p, k) => bar($('probabilities'), model.classes[k], p, 1, p.toPrecision(4)));
  if (data.contributions) showContributions(data.contributions, data.predictions.data[0]);
}

function showContributions(tensor, prediction) {
  const width = model.features.length + 1;
  const k = tensor.shape[1] === 1 ? 0 : Math.max(0, model.classes.indexOf(String(prediction)));
  const parts = tensor.data.slice(k * width, (k + 1) * width - 1);
  const largest = Math.max(...parts.map(Math.abs));
  const of = model.classes.length ? ' to ' + (tensor.shape[1] === 1 ? model.classes[1] : model.classes[k]) : '';
  $('why').textContent = 'What each feature adds' + of;
  $('why').hidden = false;
  parts.map((value, j) => [value, j]).sort((a, b) => Math.abs(b[0]) - Math.abs(a[0])).slice(0, 12).forEach(
    ([value, j]) => bar($('contributions'), model.features[j].name, value, largest, value.toPrecision(3)));
}

function parse(text) {
  const now = {time: performance.now(), count: 0, bounds: [], buckets: []};
  for (const line of text.split('\n')) {
    const bucket = line.match(/^thrum_http_request_duration_seconds_bucket\{le="([^"]+)"\} (\S+)/);
    if (bucket) { now.bounds.push(bucket[1] === '+Inf' ? Infinity : Number(bucket[1])); now.buckets.push(Number(bucket[2])); }
    const count = line.match(/^thrum_http_request_duration_seconds_count (\S+)/);
    if (count) now.count = Number(count[1]);
  }
  return now;
}

/// Within the bucket in which the quantile lies, all are taken to be spread evenly.
function quantile(before, now, q) {
  const counts = now.buckets.map((n, i) => n - before.buckets[i]);
  const rank = q * counts[counts.length - 1];
  const i = counts.findIndex(n => n >= rank);
  if (i < 0 || counts[counts.length - 1] <= 0) return null;
  const low = i > 0 ? now.bounds[i - 1] : 0, high = Number.isFinite(now.bounds[i]) ? now.bounds[i] : low;
  const below = i > 0 ? counts[i - 1] : 0;
  return low + (high - low) * (counts[i] > below ? (rank - below) / (counts[i] - below) : 1);
}

const history = [];
const keep = 120;

function draw(id, series) {
  const svg = $(id);
  svg.replaceChildren();
  svg.setAttribute('viewBox', '0 0 ' + (keep - 1) + ' 100');
  const largest = Math.max(...series.flat().filter(y => y !== null), 1e-9);
  for (const values of series) {
    const line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
    line.setAttribute('points', values.map((y, i) => (keep - values.length + i) + ',' +
                                                     (100 - 95 * (y === null ? 0 : y) / largest)).join(' '));
    svg.append(line);
  }
}

const time = seconds => seconds === null ? '–' : seconds < 1e-3 ? (seconds * 1e6).toFixed(0) + ' µs' :
                                                               (seconds * 1e3).toFixed(1) + ' ms';

let before = null;
async function watch() {
  try {
    const now = parse(await (await fetch('/metrics')).text());
    if (before) {
      const rate = 1000 * (now.count - before.count) / (now.time - before.time);
      history.push([rate, quantile(before, now, 0.5), quantile(before, now, 0.99)]);
      if (history.length > keep) history.shift();
      $('rate').textContent = rate.toFixed(rate < 10 ? 1 : 0);
      $('latency').textContent = time(history.at(-1)[1]) + ', ' + time(history.at(-1)[2]);
      draw('rates', [history.map(h => h[0])]);
      draw('latencies', [history.map(h => h[1]), history.map(h => h[2])]);
    }
    before = now;
  } catch { before = null; }
  setTimeout(watch, 1000);
}

models.forEach((m, i) => add($('model'), 'option', m.name + ' ' + m.version, {value: i}));
$('model').hidden = models.length < 2;
$('model').onchange = () => { model = models[$('model').value]; showModel(); };
$('form').onsubmit = event => {
  event.preventDefault();
  predict().catch(error => { $('error').textContent = error; });
};
$('form').oninput = showCurl;
showModel();
// A link such as /#age=39&workclass=Private asks at once.
const given = new URLSearchParams(location.hash.slice(1));
model.features.forEach((feature, i) => {
  if (given.has(feature.name)) $('form').elements['f' + i].value = given.get(feature.name);
});
if ([...given].length) $('form').requestSubmit();
watch();
</script>
)html";

/// JSON that may stand in HTML: nothing in it begins or ends a tag.
std::string embedded(const Json& json) {
  std::string text;
  for (const char c : json.dump()) {
    if (c == '<') {
      text += "\\u003c";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

std::string page_text(std::span<const std::unique_ptr<ModelEndpoint>> models) {
  Json cards = Json::array();
  for (const auto& model : models) cards.push_back(model_card(*model));
  return std::string(head) + embedded(cards) + std::string(script);
}

}  // namespace thrum::serving
