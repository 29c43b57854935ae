// What the templates, the server and these modules agree on: the ids of elements, the data
// attributes, the events and the traces of plots. Nothing else ties a module to a template.
// tests/playground/test_contract.py reads these tables and holds every template and module to them.

/** Elements that a module looks up by id, and what each is. */
export const IDS = {
  "own-data-text": "the text area for data that people paste",
  code: "the text of the expression",
  answer: "the field for the prediction of a gradient",
  controls: "the button that folds the controls away",
  "copy-status": "says what was copied or why a file could not be made",
  crosshair: "the cursor that arrow keys move over the plane",
  cursor: "says what the network predicts under the cursor",
  draft: "says that the text is a draft, with the way back to the text of the address",
  draw: "the form with the drawing tools",
  edit: "the hidden form that sends one edit of the data",
  "large-map": "the large map of the neuron under the pointer",
  failure: "says what failed, on every page",
  find: "the field that finds a node by its name",
  graph: "the plot of an expression's graph",
  heatmap: "the plot of a sweep's losses",
  lab: "the lab, whose requests wait for each other",
  laser: "the button of the laser pointer",
  lead: "the button that opens a room",
  "left-draft": "offers a draft of another visit",
  lesson: "the band of a lesson",
  "lesson-answer": "the field for the answer to a lesson's question",
  "lesson-form": "the form with the question of a lesson",
  "lesson-look": "the hidden form that asks which tasks of a lesson are done",
  "lesson-next": "the link to the next step of a lesson",
  lines: "the drawing of the weights",
  main: "the content of the page, without its bar",
  maps: "the maps of all neurons, as JSON",
  mosaic: "the canvas on which the maps of the neurons are painted",
  neurons: "the drawing of the neurons",
  picture: "the picture of the network: lines, maps and neurons",
  plane: "the box around the plot of the output, which takes keys",
  pointer: "the hidden form that sends where a leader's laser points",
  sentence: "the sentence of the step, or the question about it",
  settings: "the form of the settings",
  "show-page": "the button that shows this page to the class",
  "single-keys": "the box that switches single keys off",
  refused: "says beside Play which fields were refused",
  surface: "the plot of the output over the plane",
  undo: "the button that takes back the last edit of the data",
  "select-weight": "the button that selects the weight named in the field below",
  "selected-weight": "the hidden field with the index of the selected weight",
  "weight-readout": "says which weight is under the pointer",
};

/** Ids that are made from a name: the part before it. */
export const ID_PREFIXES = {
  "cell-": "the link to one run of a sweep, by its index",
  "stream-": "the element that holds the stream of a run, by the run's id",
};

/** Attributes `data-…` that carry something from a template to a module. */
export const DATA = {
  act: "on a button: what keys.js does (fill, fold, next)",
  again: "on #failure: the same when the server is back after a press that may have done nothing",
  address: "on the body: the address that stands for this page",
  arrows: "on a field: how ↑ and ↓ change its number, as JSON",
  back: "on #failure: what it says when the server is back",
  closes: "on a button: closes the dialog around it",
  column: "on a cell of a table in the manual: the title of its column",
  command: "on a control of a run: the command that it gives",
  controls: "on the document: hidden or shown, where a person chose",
  copy: "on a button: the selector of the field to copy",
  draw: "on a button: add or erase at the typed place",
  error: "on #failure: what it says about an error without words",
  empty: "on #failure: what it says where there is no picture to save",
  example: "on a button: text to put in the field for data",
  figure: "on a script: the id of the plot that it describes",
  file: "on a button: the name of the file to save",
  dismisses: "on a button: takes the message around it away",
  field: "on a button: the name of the field to which it leads",
  "focus-key": "on a field: the keys that focus it",
  follows: "on a part of the page: its fields show what the run has",
  forgets: "on a file field: empty it after it was sent",
  hint: "on the readout of a weight: what it says before one is pointed at",
  keeps: "on a field: keep what was typed until the server has accepted it",
  key: "on a button: the keys that press it",
  lab: "on a link in the bar: the lab to which it leads back",
  latest: "on a control: of its requests that wait, only the newest goes out",
  level: "on a button: the layer or neuron that it opens",
  lost: "on #failure: what it says while the server does not answer",
  map: "on a neuron: the index of its map",
  newest: "on a field: a request that waited is sent with its newest value",
  onwards: "on a button: where the focus goes after a right prediction",
  opens: "on a button: the id of the dialog to open",
  path: "on a control that a cookie remembers: the path of the cookie",
  picture: "on a button: the format of the file to save, svg or png",
  place: "on a button: the id of the part of the page to bring into view",
  "place-first": "on such a button: it belongs to the first task that is not done",
  plot: "on a button: the id of the plot to save",
  plots: "on a button: the selector of the box whose plots to save",
  presence: "on a stream: where the page says that it is hidden or closed",
  press: "on #failure: what it says about a press that the server did not answer",
  probe: "on #failure: the address at which the server says that it is there",
  prepares: "on a link: what it says while the server makes the file",
  repeats: "on an element: requests from inside it change nothing, and are sent until answered",
  room: "on the room's bar: the code of the room that this page leads",
  "single-keys": "on the document: off, where a person switched single keys off",
  theme: "on the document: the theme in use",
  "theme-table": "on a stylesheet: the theme whose colours and sizes it holds",
  title: "on a neuron: its name",
  unsaved: "on #failure: what it says about a picture that cannot be saved",
  unnamed: "on #failure: the name of a control without a name",
  view: "on a button: how to zoom the graph (in, out, fit)",
  waits: "on a form: what is typed in it counts when it is sent",
  windowed: "on #failure: what it says where the browser has no full screen",
  weight: "on a line, bar or neuron: the index of its weight or bias",
};

/** Events on the document, besides those of the browser and of htmx. */
export const EVENTS = {
  figures: "from the server: figures of plots, by id, as JSON",
  frame: "from the server: one frame of a run, as JSON",
  laser: "the laser pointer of this page has moved; detail is {id, part, x, y} or null",
  nodeclick: "a node of the graph was clicked; detail is its label",
  pointer: "from the server: where the leader's laser points, as JSON",
  theme: "from the server: the theme that the person selected",
  themechange: "colours and sizes have changed; detail.by is person or system",
};

/** Traces of plots, by their index or name. */
export const TRACES = {
  surface: 0, // of the plot "surface": the heatmap of the output
  edges: "edges", // of the plot "graph": the edges
  nodes: "values", // of the plot "graph": the boxes of the nodes
  rings: 1, // of the plot "surface": the rings around misclassified samples
};

/** The element with an id of the contract, or null. */
export function byId(id) {
  if (!(id in IDS)) throw new Error(`#${id} is not in the contract`);
  return document.getElementById(id);
}

/** Call `handler` with every event of this name from the contract. */
export function listen(event, handler) {
  if (!(event in EVENTS)) throw new Error(`the event ${event} is not in the contract`);
  document.addEventListener(event, handler);
}

/** Send an event of the contract to whatever module listens. */
export function announce(event, detail) {
  if (!(event in EVENTS)) throw new Error(`the event ${event} is not in the contract`);
  document.dispatchEvent(new CustomEvent(event, { detail }));
}
