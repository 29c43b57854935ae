"""Texts in exported files, and what is wrong with a file of weights, as templates."""

# --- programs ------------------------------------------------------------------------------------

TITLE = "A network trained in Backprop Playground."
STEP = "step: {step}"
EDITED = "changes since step 0, which the settings do not show: {count}"
ONE_OUTPUT = "output: {low:g} for {first}, {high:g} for {second}"
SEVERAL_OUTPUTS = "one output per class, the largest is the prediction: {classes}"

SAMPLES = "The samples, one per row: {inputs}, {target}. Training reads the first table only."
TRAINING_SAMPLES = "The samples, one per row: {inputs}, {target}."
CLASS = "class (counted from 0)"
NUMBER = "target"
POINTS = "The samples, one per row."
TRAINED = "The trained weights and biases: one row per neuron, one column per input."
INITIAL = "The weights and biases at step 0: one row per neuron, one column per input."
READ = "The features that the network reads."
TARGETS = "What the outputs should be for these samples."
PRE_ACTIVATIONS = "The pre-activations of a layer."
NETWORK = "The layers of the network: pre-activations z, then activations a."
DROPPED_NETWORK = (
    "The layers of the network: pre-activations z, activations y, and what is left of them, a, "
    "when dropout has switched off some neurons in training."
)
DROPPED_MODULE = (
    "In training, masks multiply the hidden layers: they switch off the neurons that dropout "
    "chooses. torch.nn.Dropout would choose others."
)
PREDICT = "The outputs for points of shape (points, dimensions)."
PREDICT_ONE = "The outputs for one point, as Values."
PREDICTIONS = "The prediction for every sample."
HYPERPARAMETERS = "How the network trains."
LOSS = "The loss: {title}, {formula}."
RANDOM = (
    "The playground's random numbers, 64 bits each (SplitMix64). With another generator the "
    "batches would be others."
)
SHUFFLE = "The numbers from 0 to below count in the random order of an epoch (Fisher and Yates)."
BATCHES = "The rows of the next mini-batches. The last one of an epoch may be shorter."
MASKS = (
    "What dropout multiplies the hidden layers by: 0 for a neuron that is off, more than 1 for the "
    "others, so that the mean stays. The masks depend on the seed and the step alone."
)
RATE = "The learning rate of the step after so many."
GRADIENTS = (
    "The loss of a batch, and its gradient by all weights and biases. Backpropagation: every "
    "gradient is a local derivative times the upstream gradient."
)
MOMENTS = "What the optimizer {title} keeps from step to step, one array per weight matrix."
OPTIMIZER = "The optimizer."
LOSSES = "The loss of the batch of every step, before its update and without penalties."
EVALUATE = "The loss and the {metric} of samples, without dropout and penalties."
REPORT = "Print where the training is."
TRAIN = "Train the network for some steps."
RUN = "The training of the run."
NOT_BEGUN = "The run has not begun. This trains for as long as you like."
CHANGE = "A change before step {step}."
COMPARE = (
    "The weights that the playground has at this step. Only rounding may differ. Large steps make "
    "rounding errors grow."
)
DIFFERENCE = "largest difference from the weights in the playground:"
CURVE = "The loss of each batch. This needs matplotlib."
NO_MATPLOTLIB = "The picture needs matplotlib: pip install matplotlib"
PICTURE = "The first output over the plane. This needs matplotlib."

ACCURACY = "accuracy"
RMSE = "root mean squared error"
PENALTY = "the penalty L1 · Σ|w|, by its gradient"
CLIPPING = "no longer than CLIP"
SHRINKING = "the penalty L2 · Σw² / 2, by its gradient"

EXTREMES = "Infinite numbers and NaN arise here; NumPy need not warn of them."
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
