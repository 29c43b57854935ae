"""The first lesson: its text, step by step.

It follows the well-known lecture that built a scalar autograd engine. The numbers in it are tested
against the engine.
"""

from __future__ import annotations

from engine.inspection.frames import ViewOptions, frame
from playground.expression.stories import NEURON
from playground.lessons.checks import (
    check_all,
    check_choice,
    check_first_loss,
    check_first_rise,
    check_lab,
    check_numbers,
    check_output,
    check_run,
)
from playground.lessons.lesson import Lesson, LessonStep, expression_lab, network_lab

PRODUCT = "a = 2\nb = -3\nc = 10\nf = -2\ne = a * b\nd = e + c\nL = d * f\n"
LATER_PART = "A part of its gradient that arrives later would be missing"
PREDICT_AGAIN = "To start again, turn “Predict first” off and on again."

LECTURE = Lesson(
    "lecture",
    "From a nudge to a network",
    "Seventeen steps: you discover backpropagation, do it by hand, and then let the computer do "
    "it.",
    (
        LessonStep(
            title="A derivative by nudging",
            address=expression_lab(
                "x = 3\ny = 3*x**2 - 4*x + 5\n", covered=True, at="middle", leaf="x", h=0
            ),
            text="The derivative says how fast y changes when x changes. Nudge x: change it by a "
            "small h. Then divide the change of y by h.",
            task="Make h smaller and smaller. Which value does Δy/h approach at x = 3?",
            check=check_all(
                check_lab(
                    lambda scene: scene.lab.h <= -4,
                    "First choose a smaller h: 0.0001 or less.",
                ),
                check_numbers(
                    14.0, hint="Read Δy/h under “Explore one or two numbers” when h is small."
                ),
            ),
            praise="Correct: 6x − 4 is 14 at x = 3. The nudge found this value without the "
            "formula.",
            solution="Choose h = 0.0001 under “Explore one or two numbers”: Δy/h is about 14.",
        ),
        LessonStep(
            title="Nudging each number",
            address=expression_lab(
                "a = 2\nb = -3\nc = 10\nd = a*b + c\n", covered=True, at="middle", leaf="a"
            ),
            text="d has a derivative with respect to each number: change one number and leave the "
            "others as they are. Choose a, then b, then c under “Explore one or two numbers”.",
            task="What are the derivatives of d with respect to a, b and c? Type three numbers in "
            "this order.",
            check=check_numbers(
                -3.0,
                2.0,
                1.0,
                hint="The derivative of a product with respect to one factor is the other factor. "
                "The derivative of a sum with respect to one term is 1. Nudge each number and "
                "check.",
            ),
            praise="Correct: b, a and 1. For a product, the derivative with respect to one factor "
            "is the other factor.",
            solution="With respect to a: b = −3. With respect to b: a = 2. With respect to c: 1.",
        ),
        LessonStep(
            title="The graph of L",
            address=expression_lab(PRODUCT, at="start"),
            text="An expression is a graph: each operation computes a new value from its operands. "
            "The forward pass computes the data from left to right.",
            task="Press Forward until L has its data. What is L?",
            check=check_all(
                check_lab(
                    lambda scene: scene.step_index >= scene.walk.forward,
                    "Press Forward until L has its data.",
                ),
                check_numbers(-8.0, hint="Read data in the box of L."),
            ),
            praise="Correct: (2 · −3 + 10) · −2 = −8.",
            solution="Press Forward until L has its data: −8.",
        ),
        LessonStep(
            title="Gradients by hand",
            address=expression_lab(PRODUCT, covered=True, at="middle"),
            text="The gradient of a value is the derivative of L with respect to it. The backward "
            "pass computes it: the local derivative of an operation times the gradient of its "
            "result (the upstream gradient). Press Forward and predict each gradient.",
            task="Predict at least five gradients correctly.",
            check=check_lab(
                lambda scene: scene.lab.right >= 5,
                "Press Forward, then type your prediction under “This step” and press Check there. "
                f"Five predictions must be correct. {PREDICT_AGAIN}",
            ),
            praise="Correct: you applied the chain rule by hand.",
            solution="L.grad is 1. Then f.grad = d = 4, d.grad = f = −2, e.grad = c.grad = −2, "
            "a.grad = −2 · b = 6 and b.grad = −2 · a = −4.",
            has_answer=False,
        ),
        LessonStep(
            title="One step that lowers L",
            address=expression_lab(PRODUCT, leaf="a", rate=0.01),
            text="The gradient points uphill. If every number moves a little in the opposite "
            "direction, L goes down. Training repeats this many times.",
            task="Take one gradient step down. What is L now?",
            check=check_all(
                check_lab(
                    lambda scene: bool(scene.lab.moves),
                    "Press One step down under “Gradient descent”.",
                ),
                check_lab(
                    lambda scene: scene.nodes[-1].data < -8.0,
                    "L is not lower than before: step down, not up.",
                ),
                check_output(0.005, "Read data in the box of L. Type at least three digits."),
            ),
            praise="Correct, and lower than −8: every number moved by −0.01 times its gradient.",
            solution="Press One step down with learning rate 0.01. Then read data in the box of L.",
        ),
        LessonStep(
            title="The tanh neuron",
            address=expression_lab(NEURON, at="start"),
            text="A neuron multiplies each input by a weight, adds the products and a bias, and "
            "applies an activation function. Here it is tanh, which stays between −1 and 1.",
            task="Press Forward until o has its data. What is the output o?",
            check=check_all(
                check_lab(
                    lambda scene: scene.step_index >= scene.walk.forward,
                    "Press Forward until o has its data.",
                ),
                check_numbers(0.70711, tolerance=0.002, hint="Read data in the box of o."),
            ),
            praise="Correct: tanh(0.8814) = 0.7071.",
            solution="Press Forward until o has its data: 0.7071.",
        ),
        LessonStep(
            title="Backward pass of the neuron by hand",
            address=expression_lab(NEURON, covered=True, at="middle"),
            text="The derivative of tanh is 1 − o², here 0.5. A sum passes its gradient on "
            "unchanged. A product multiplies it by the other factor.",
            task="Predict at least six gradients correctly.",
            check=check_lab(
                lambda scene: scene.lab.right >= 6,
                "Six predictions must be correct. tanh multiplies by 1 − 0.7071² = 0.5. Then come "
                f"sums and products. {PREDICT_AGAIN}",
            ),
            praise="Correct: 0.5 for everything in the sum, then −1.5 for x1, 1 for w1, 0.5 for "
            "x2 and 0 for w2.",
            solution="o.grad is 1 and n.grad is 0.5. The sums, the products and b have 0.5 too. "
            "Then x1.grad = −1.5, w1.grad = 1, x2.grad = 0.5 and w2.grad = 0.",
            has_answer=False,
        ),
        LessonStep(
            title="The same with backward()",
            address=expression_lab(NEURON, at="start"),
            text="backward() takes all these steps for you, from the output back to the first "
            "numbers. Press Last, and compare with your own results.",
            task="What is w2.grad? Can you say why?",
            check=check_all(
                check_lab(
                    lambda scene: scene.step_index == len(scene.walk.steps),
                    "First go to the last step: press Last.",
                ),
                check_numbers(
                    0.0,
                    tolerance=0.0,
                    hint="Read grad in the box of w2. The other factor of its product is x2.",
                ),
            ),
            praise="Correct: x2 is 0, so for now w2 has no influence on o.",
            solution="w2.grad = x2 · 0.5 = 0.",
        ),
        LessonStep(
            title="Order matters",
            address=expression_lab("a = -2\nb = 3\nd = a * b\ne = a + b\nf = d * e\n", at="middle"),
            text="backward() starts at the output. It comes to a node only after all nodes that "
            "use it. Press Forward to the end and watch when a and b get their gradients.",
            task="Why must a node wait for all nodes that use it before it passes its gradient on?",
            check=check_all(
                check_lab(
                    lambda scene: scene.step_index == len(scene.walk.steps),
                    "Go to the last step first: press Last.",
                ),
                check_choice(
                    LATER_PART,
                    "Think of a node that two others use. What would it pass on if only one of "
                    "them had added its part?",
                ),
            ),
            praise="Correct: that is why backward() sorts the nodes in topological order.",
            solution=f"{LATER_PART}: a node passes on what it has at that time.",
            choices=(
                "The nodes that use it are further down in the text",
                LATER_PART,
                "The order makes no difference",
            ),
        ),
        LessonStep(
            title="A value used twice",
            address=expression_lab("a = 3\nb = a + a\n", covered=True, at="middle"),
            text="Here two paths lead from a to b, and the local derivative along each is 1. If "
            "the second gradient replaced the first instead of being added, the first would be "
            "lost.",
            task="What is a.grad after backward()?",
            check=check_numbers(2.0, hint="Both paths count: add what arrives along each path."),
            praise="Correct: 1 + 1. If a value is used more than once, the gradients from all its "
            "uses are added.",
            solution="Each path brings 1: a.grad = 1 + 1 = 2.",
        ),
        LessonStep(
            title="tanh taken apart",
            address=expression_lab(NEURON),
            text="An operation can be as large as you like, if you know its local derivative. "
            "tanh(n) is (exp(2n) − 1) / (exp(2n) + 1). Press open beside o in the table Nodes.",
            task="Take tanh apart. What is x1.grad now?",
            check=check_all(
                check_lab(
                    lambda scene: "o" in scene.lab.opened,
                    "First press open beside o in the table Nodes.",
                ),
                check_numbers(-1.5, hint="Read grad in the box of x1."),
            ),
            praise="Correct, the same as before: only the steps are smaller.",
            solution="x1.grad is −1.5, as before.",
        ),
        LessonStep(
            title="The same in PyTorch",
            address=expression_lab(NEURON),
            text="PyTorch builds the same graph, with tensors instead of single numbers. Under "
            "“Export” you see this neuron as PyTorch code.",
            task="Show the PyTorch code. What does w1.grad.item() return?",
            check=check_all(
                check_lab(
                    lambda scene: scene.lab.format == "pytorch",
                    "First choose PyTorch under “Export”.",
                ),
                check_numbers(1.0, hint="It equals w1.grad here."),
            ),
            praise="Correct: the same chain rule, the same numbers.",
            solution="w1.grad is x1 · 0.5 = 1.",
        ),
        LessonStep(
            title="Neuron, layer, network",
            address=network_lab("points"),
            text="A layer is a group of neurons that read the same inputs. A network is a sequence "
            "of layers. Each neuron has one weight for each input, and a bias.",
            task="Add a fifth neuron to the second hidden layer. How many parameters does the "
            "network have then?",
            check=check_numbers(
                47.0,
                tolerance=0.0,
                hint="Press + at the second hidden layer in the picture. The number of parameters "
                "is shown above the picture: (3+1)·4 + (4+1)·5 + (5+1)·1.",
            ),
            praise="Correct: 16 + 25 + 6.",
            solution="(3+1)·4 + (4+1)·5 + (5+1)·1 = 47.",
        ),
        LessonStep(
            title="Four points and a loss",
            address=network_lab("points"),
            text="Here are four samples, each with three inputs and a target. The loss is one "
            "number: it measures how far the outputs are from the targets.",
            task="Press Step once. What was the training loss before this step, at step 0?",
            check=check_first_loss(
                "Press Step first. Then read the loss curve at step 0.",
                "Read the loss curve at step 0. Or press Reset, read Loss, and press Step again.",
            ),
            praise="Correct. From here on, the only goal is to make this number small.",
            solution="Press Reset, read Loss, and press Step again. Type the number that you read.",
        ),
        LessonStep(
            title="Training by hand",
            address=network_lab("points"),
            text="One step is a forward pass, a backward pass, and a small move of every parameter "
            "against its gradient. Press Step, and watch the predictions move towards the targets.",
            task="Take at least twenty steps, until the loss is less than half of what it was.",
            check=check_all(
                check_run(lambda run: run.step >= 20, "Take at least twenty steps."),
                check_run(
                    lambda run: bool(run.curve.train[-1] < 0.5 * run.curve.train[0]),
                    "Continue until the loss is less than half of what it was at step 0.",
                ),
            ),
            praise="Correct: you trained a neural network by hand.",
            solution="Press Step, or hold the → key, until at least step 20, and until the loss "
            "is less than half of what it was.",
            has_answer=False,
        ),
        LessonStep(
            title="The forgotten zero_grad",
            address=expression_lab(
                "x = 2\nt = 1\nw = 2\nloss = (w*x - t)**2\n",
                inputs=("x", "t"),
                leaf="w",
                rate=0.05,
            ),
            text="backward() adds to the gradients that are already there, so they must be set to "
            "zero before each step. If you forget this, old gradients push too, and w goes too "
            "far.",
            task="Press Forget zero_grad(), then press One step down five times. At which step "
            "does the loss first rise?",
            check=check_first_rise(
                5,
                "Press Forget zero_grad(). Then press One step down at least five times.",
                "Press One step down until the loss rises.",
                "Look at the curve “loss after each gradient step”. Which is the first point that "
                "is higher than the point before it? The first point of the curve is step 0.",
            ),
            praise="Correct: the old gradients still push, so w moves past the minimum of the "
            "loss.",
            solution="Press Forget zero_grad(), press One step down several times, and read the "
            "curve.",
        ),
        LessonStep(
            title="Two moons",
            address=network_lab("moons"),
            text="No straight line separates these two classes. The network has two hidden layers. "
            "Press Play and watch the decision boundary bend.",
            task="Train until the network classifies at least 97 % of the training samples "
            "correctly.",
            check=check_run(
                lambda run: frame(run, ViewOptions()).accuracy[0] >= 0.97,
                "Train longer. The speed “as fast as possible” saves time.",
            ),
            praise="Correct. Everything that you saw is the chain rule, applied many times.",
            solution="Press Play and wait until Accuracy is at least 97 %.",
            has_answer=False,
        ),
    ),
)
