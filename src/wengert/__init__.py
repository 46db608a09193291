"""wengert."""
from wengert import tree
from wengert.ops import arrange, elementwise, index, linalg, reduce, shape, special, spelling
from wengert.interpreters.tensor import Tensor
from wengert.transforms.forward import jvp, linearize, derivative
from wengert.transforms.reverse import grad, value_and_grad, vjp
from wengert.transforms.matrices import jacobian, jacfwd, jacrev, hessian, hvp
from wengert.transforms.vmap import vmap
from wengert.transforms.trace import trace
