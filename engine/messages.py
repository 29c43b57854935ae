"""Error messages of Value and of the networks, for arguments that they do not accept."""

EXPONENT_IS_A_VALUE = "the exponent must be a number; for a Value write (b * a.log()).exp()"
OPERAND_IS_A_TEXT = "{operation} takes numbers and Values, not strings"

NO_RESULT = "{call} is {result}: {domain}"

NEURON_WITHOUT_INPUTS = "a neuron needs at least one input"
NEURON_INPUTS = "this neuron's number of inputs is {inputs}, not {values}"
EMPTY_LAYER = (
    "a layer needs inputs and neurons: the number of inputs is {inputs}, of neurons {neurons}"
)
NETWORK_WITHOUT_LAYERS = "a network needs at least one layer"
ACTIVATION_COUNT = (
    "a network needs one activation for each hidden layer: {layers}, not {activations}"
)
UNKNOWN_NAME = "{name!r} is not one of {names}"
