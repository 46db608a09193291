"""NumPy's main namespace, and what lies close to it."""

from __future__ import annotations

from benchmarks.conformance.probe import each, probe
from tests.draws import C, G, I, P, R, U, V, near_eye as M, positive_definite as SPD

# fmt: off
# --- elementwise ----------------------------------------------------------------------------------------------------

each("np.{}(x)", "abs absolute arctan atan arcsinh asinh cbrt ceil cos cosh deg2rad degrees exp exp2 expm1 fabs fix "
     "floor i0 isfinite isinf isnan isneginf isposinf iscomplex isreal logical_not negative positive rad2deg radians "
     "reciprocal rint round around sign signbit sin sinc sinh spacing square tan tanh trunc nan_to_num frexp modf "
     "angle conj conjugate real imag iscomplexobj isrealobj real_if_close", R(4))
each("np.{}(x)", "log log10 log1p log2 sqrt", P(4))
each("np.{}(x)", "arccos acos arcsin asin arctanh atanh", U(4))
each("np.{}(x)", "arccosh acosh", G(4))
each("np.{}(x, y)", "add subtract multiply divide true_divide arctan2 atan2 copysign divmod equal floor_divide fmax "
     "fmin fmod greater greater_equal heaviside hypot isclose less less_equal logaddexp logaddexp2 logical_and "
     "logical_or logical_xor maximum minimum mod nextafter not_equal remainder", R(4), R(4))
each("np.{}(x, y)", "power pow float_power", P(4), R(4))
probe("np.ldexp(x, y)", R(4), I(4))
each("np.{}(x, y) * z", "bitwise_and bitwise_or bitwise_xor gcd lcm left_shift right_shift bitwise_left_shift "
     "bitwise_right_shift", I(4), I(4), R(4))
each("np.{}(x) * y", "bitwise_not invert bitwise_invert bitwise_count", I(4), R(4))
probe("np.clip(x, -1.0, 1.0)", R(6))
probe("np.where(x > 0, np.log(np.abs(x)), x)", R(4))
probe("np.select([x > 1, x < 0], [x**2, -x], x)", R(5))
probe("np.choose([0, 1, 0], [x, y])", R(3), R(3))
probe("np.piecewise(x, [x < 0, x >= 0], [np.exp, np.cos])", R(4))
probe("np.interp(x, [0.0, 0.3, 1.0], y)", U(4), R(3))
probe("np.unwrap(x)", V(0.0, 0.4, 6.5, 6.0, -5.0))
probe("np.vectorize(lambda v, w: v * w if v > 1 else w)(x, y)", R(3), R(3))
probe("np.frompyfunc(lambda v, w: v * w + 1, 2, 1)(x, y)", R(3), R(3))

# --- reductions and scans -------------------------------------------------------------------------------------------

each("np.{}(x, axis=1)", "all any amax amin max min argmax argmin average mean median nanargmax nanargmin nancumprod "
     "nancumsum nanmax nanmean nanmedian nanmin nanprod nanstd nansum nanvar prod ptp std sum var cumprod cumsum "
     "cumulative_prod cumulative_sum count_nonzero", R(3, 4))
each("np.{}(x, 0.3, axis=0)", "quantile nanquantile", R(4, 2))
each("np.{}(x, 30.0, axis=0)", "percentile nanpercentile", R(4, 2))
each("np.{}(x)", "trapezoid diff ediff1d gradient", R(5))
each("np.{}(x, y)", "convolve correlate", R(5), R(3))
each("np.{}(x)", "cov corrcoef", R(3, 5))
probe("np.add.reduce(x, axis=0)", R(3, 2))
probe("np.add.accumulate(x)", R(4))
probe("np.multiply.reduceat(x, [0, 2])", R(4))
probe("np.subtract.outer(x, y)", R(3), R(2))
probe("written(x, lambda v: np.multiply.at(v, [0, 0, 2], y))", R(4), R(3))
probe("np.hypot.reduce(x)", R(4))
probe("np.arctan2.accumulate(x)", P(4))
probe("np.maximum.accumulate(x)", R(4))
probe("np.maximum.reduce(x, axis=1)", R(3, 2))
probe("np.logaddexp.reduce(x)", R(4))

# --- sorting, searching, counting -----------------------------------------------------------------------------------

each("np.{}(x)", "sort argsort sort_complex unique unique_all unique_counts unique_inverse unique_values flatnonzero "
     "nonzero argwhere trim_zeros histogram histogram_bin_edges", R(5))
each("np.{}(x, 2)", "partition argpartition", R(5))
probe("np.lexsort((x, y))", R(4), R(4))
probe("np.searchsorted([-1.0, 0.0, 1.0], x)", R(4))
probe("np.digitize(x, [-1.0, 0.0, 1.0])", R(4))
probe("np.bincount([0, 1, 1, 2], weights=x)", R(4))
probe("np.histogram2d(x, y, 2, weights=z)[0]", R(5), R(5), R(5))
probe("np.histogramdd(x, (2, 2), weights=y)[0]", R(5, 2), R(5))
each("np.{}(x, y)", "intersect1d setdiff1d setxor1d union1d isin array_equal array_equiv", R(4), R(3))
probe("np.allclose(x, y)", R(4), R(4))
probe("np.extract(x > 0, x)", R(5))

# --- shapes ---------------------------------------------------------------------------------------------------------

each("np.{}(x)", "copy transpose permute_dims matrix_transpose flip fliplr flipud rot90 ravel atleast_1d atleast_2d "
     "atleast_3d squeeze triu tril diagonal trace zeros_like ones_like shape ndim size "
     "asarray asanyarray ascontiguousarray asfortranarray asarray_chkfinite array unstack", R(3, 2))
probe("0 * np.nan_to_num(np.empty_like(x))", R(3), name="numpy.empty_like")
probe("np.require(x, float)", R(3))
probe("np.astype(x, np.complex128)", R(3))
probe("np.reshape(x, (2, 3))", R(3, 2))
probe("np.resize(x, (3, 3))", R(4))
probe("np.expand_dims(x, 0)", R(3))
probe("np.moveaxis(x, 0, 2)", R(2, 3, 2))
probe("np.rollaxis(x, 2)", R(2, 3, 2))
probe("np.swapaxes(x, 0, 1)", R(3, 2))
probe("np.roll(x, 2)", R(5))
probe("np.tile(x, (2, 2))", R(3))
probe("np.repeat(x, [1, 0, 2])", R(3))
probe("np.broadcast_to(x, (2, 3))", R(3))
probe("np.broadcast_arrays(x, y)", R(3), R(2, 1))
probe("np.pad(x, 2, mode='reflect')", R(4))
each("np.{}((x, y))", "concatenate concat stack hstack vstack row_stack dstack column_stack", R(3), R(3))
probe("np.block([[x, y], [y, x]])", R(2, 2), R(2, 2))
probe("np.asarray(np.bmat([[x, y]]))", R(2, 2), R(2, 2), name="numpy.bmat")
probe("np.asarray(np.asmatrix(x))", R(2, 2), name="numpy.asmatrix")
probe("np.append(x, y)", R(3), R(2))
probe("np.insert(x, 1, y)", R(3), R())
probe("np.delete(x, 1)", R(4))
each("np.{}(x, 2)", "split array_split hsplit", R(4))
probe("np.vsplit(x, 2)", R(4, 2))
probe("np.dsplit(x, 2)", R(1, 2, 4))
probe("np.diag(x)", R(3))
probe("np.diagflat(x)", R(3))
probe("np.vander(x, 3)", R(4))
probe("np.tri(2, 3) * x", R(3))
probe("np.meshgrid(x, y)", R(3), R(2))
probe("np.ix_(x)[0]", R(3))
probe("np.c_[x, y]", R(3), R(3))
probe("np.r_[x, 1.0, y]", R(3), R(3))
probe("np.lib.stride_tricks.sliding_window_view(x, 3)", R(5))
probe("np.lib.stride_tricks.as_strided(x, (2, 2), (8, 8))", R(4))
probe("np.kaiser(5, x)", P())
probe("np.fromfunction(lambda i, j: i * x[0] + j * x[1], (2, 2))", R(2))
probe("np.fromiter(x, float)", R(3))
probe("np.from_dlpack(x)", R(3))

# --- reading and writing parts --------------------------------------------------------------------------------------

probe("np.take(x, [2, 0, 2])", R(4))
probe("np.take_along_axis(x, y, 1)", R(2, 3), I(2, 2))
probe("np.compress([True, False, True], x)", R(3))
probe("written(x, lambda v: np.put(v, [2, 0], y))", R(4), R(2), name="numpy.put")
probe("written(x, lambda v: np.put_along_axis(v, arr([1, 0]), y, 0))", R(4), R(2), name="numpy.put_along_axis")
probe("written(x, lambda v: np.copyto(v, y))", R(3), R(3))
probe("written(x, lambda v: np.place(v, [True, False, True], y))", R(3), R(2))
probe("written(x, lambda v: np.putmask(v, [True, False, True], y))", R(3), R(3))
probe("written(x, lambda v: np.fill_diagonal(v, y))", R(3, 3), R())
probe("np.full((2, 3), x)", R())
probe("np.full_like(x, y)", R(3), R())
probe("np.arange(0.0, 1.0, 0.25) * x", R(4))
each("np.{}(x, y, 5)", "linspace geomspace", P(), P())
probe("np.logspace(x, y, 5)", U(), U())
probe("np.apply_along_axis(lambda v: v * v[0], 1, x)", R(2, 3))
probe("np.apply_over_axes(np.sum, x, [0, 2])", R(2, 3, 2))
probe("np.unravel_index(x, (2, 2))[0] * y", I(3), R(3))
probe("np.ravel_multi_index((x, x), (3, 3)) * y", I(3), R(3))
each("x[np.{}(x)]", "diag_indices_from tril_indices_from triu_indices_from", R(3, 3))
each("np.{}(x)", "array2string array_repr array_str", R(3))
each("np.{}(x, x)", "may_share_memory shares_memory", R(3))
probe("np.result_type(x, 1.0)", R(3))
each("np.{}(x)", "common_type min_scalar_type isfortran isscalar iterable", R(3))
probe("np.packbits(x > 0) * y", R(8), R(1))
probe("np.unpackbits(arr([5], dtype='u1')) * x", R(8))
probe("[v * v for v in np.nditer(x, flags=['refs_ok'])]", R(3))
probe("[v * i[0] for i, v in np.ndenumerate(x)]", R(3))

# --- products -------------------------------------------------------------------------------------------------------

each("np.{}(x, y)", "dot inner matmul kron tensordot", R(3, 3), R(3, 3))
each("np.{}(x, y)", "outer vdot vecdot cross", R(3), R(3))
probe("np.matvec(x, y)", R(2, 3), R(3))
probe("np.vecmat(x, y)", R(2), R(2, 3))
probe("np.einsum('ij,jk,k->i', x, y, z)", R(2, 3), R(3, 2), R(2))
probe("np.einsum_path('ij,jk->ik', x, y)[0][0]", R(2, 3), R(3, 2))

# --- polynomials of old ---------------------------------------------------------------------------------------------

each("np.{}(x, y)", "polyadd polysub polymul polyval", R(3), R(2))
probe("np.polydiv(x, y)", R(4), R(2))
each("np.{}(x)", "polyder polyint poly", R(4))
probe("np.roots(x)", V(1.0, -6.0, 11.0, -6.0))
probe("np.polyfit(x, y, 2)", R(5), R(5))
probe("(np.poly1d(x) * np.poly1d(y))(0.5)", R(3), R(2))

# --- linear algebra -------------------------------------------------------------------------------------------------

each("np.linalg.{}(x)", "inv det slogdet pinv cond matrix_norm matrix_rank norm qr", M(3, 3))
each("np.linalg.{}(x)", "diagonal trace matrix_transpose vector_norm svdvals", R(3, 3))
probe("np.linalg.cholesky((x + x.T) / 2)", SPD(3, 3))
probe("np.linalg.svd(x)[1]", R(3, 2))
probe("np.linalg.eigh((x + x.T) / 2)[0]", SPD(3, 3))
probe("np.linalg.eigvalsh((x + x.T) / 2)", SPD(3, 3))
probe("np.linalg.eig(x)[0]", V([[3.0, 0.5, 0.2], [0.1, 1.0, 0.3], [0.4, 0.2, 5.0]]))
probe("np.linalg.eigvals(x)", V([[3.0, 0.5, 0.2], [0.1, 1.0, 0.3], [0.4, 0.2, 5.0]]))
probe("np.linalg.solve(x, y)", M(3, 3), R(3))
probe("np.linalg.lstsq(x, y)[0]", R(5, 3), R(5))
probe("np.linalg.matrix_power(x, -2)", M(3, 3))
probe("np.linalg.multi_dot([x, y, z])", R(2, 3), R(3, 2), R(2))
each("np.linalg.{}(x, y)", "matmul tensordot", R(3, 3), R(3, 3))
each("np.linalg.{}(x, y)", "cross outer vecdot", R(3), R(3))
probe("np.linalg.tensorinv(x.reshape(2, 2, 4))", M(4, 4))
probe("np.linalg.tensorsolve(x.reshape(2, 2, 4), y)", M(4, 4), R(2, 2))

# --- Fourier transforms ---------------------------------------------------------------------------------------------

each("np.fft.{}(x)", "fft ifft rfft ihfft fftshift ifftshift", R(5))
each("np.fft.{}(x)", "irfft hfft", C(4))
each("np.fft.{}(x)", "fft2 ifft2 fftn ifftn rfft2 rfftn", R(3, 4))
each("np.fft.{}(x)", "irfft2 irfftn", C(3, 3))

# --- numpy.lib.scimath ----------------------------------------------------------------------------------------------

each("np.lib.scimath.{}(x)", "sqrt log log10 log2 arccos arcsin arctanh", R(3))
probe("np.lib.scimath.logn(x, y)", P(3), G(3))
probe("np.lib.scimath.power(x, y)", R(3), R(3))
