"""Texts in exported files, and what is wrong with a file of weights, as templates."""

# --- programs ------------------------------------------------------------------------------------

TITLE = "A network trained in Backprop Playground."
STEP = "step: {step}"
EDITED = "changes since step 0, which the settings do not show: {count}"
ONE_OUTPUT = "output: {low:g} for {first}, {high:g} for {second}"
SEVERAL_OUTPUTS = "one output per class, the largest is the prediction: {classes}"

SAMPLES = "The samples, one per row."
WEIGHTS = "The trained weights: one row per neuron, one column per input."
PARAMETERS = "The trained weights and biases: one row per neuron, one column per input."
READ = "The features that the network reads."
PRE_ACTIVATIONS = "The pre-activations of a layer."
PREDICT = "The outputs for points of shape (points, dimensions)."
PREDICT_ONE = "The outputs for one point, as Values."
PREDICTIONS = "The prediction for every sample."
OPTIMIZER = "The optimizer and the schedule, to train the network further."
TRAINING_STEP = "One step of training, for the loss of a mini-batch."
PICTURE = "The first output over the plane. This needs matplotlib."

FORWARD = "# forward"
BACKWARD = "# backward: each line is a local derivative times the upstream gradient"

# --- files of weights ----------------------------------------------------------------------------

NOT_JSON = "This is not JSON, so it is not a file of weights."
NOT_WEIGHTS = "This is not a file of weights: its format is not “{format}”."
LAYER_COUNT = "Number of layers: {count} in the file, {layers} in this network."
ACTIVATION = "Layer {layer} has the activation {file} in the file and {network} in this network."
LAYER_WEIGHTS = "The weights of layer {layer}"
LAYER_BIASES = "The biases of layer {layer}"
SHAPE = "{name} are {shape}; this network has {expected}."
NO_SHAPE = "missing, or not lists of equal length"
NOT_NUMBERS = "{name} must be numbers; one is {value}."
NOT_FINITE = "{name} must be finite; one is {value}."

SAMPLE_COUNT = "There are {samples} training samples."
