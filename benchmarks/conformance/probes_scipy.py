"""`scipy.linalg`, `fft`, `signal`, `ndimage`, `integrate`, `interpolate`, `sparse`, `optimize`."""

from __future__ import annotations

from benchmarks.conformance.probe import each, probe
from tests.draws import C, P, R, U, V, near_eye as M, positive_definite as SPD

UPPER = V([[3.0, 0.5, 0.2], [0.1, 1.0, 0.3], [0.4, 0.2, 5.0]])  # real eigenvalues, far from each other

# fmt: off
# --- linalg ---------------------------------------------------------------------------------------------------------

each("sp.linalg.{}(x)", "inv det norm pinv svdvals polar lu lu_factor qr expm cosm sinm tanm coshm sinhm tanhm "
     "bandwidth issymmetric ishermitian matrix_balance expm_cond", M(3, 3))
each("sp.linalg.{}(x)", "companion toeplitz hankel circulant fiedler fiedler_companion", R(4))
each("sp.linalg.{}((x + x.T) / 2)", "cholesky pinvh eigvalsh logm sqrtm signm", SPD(3, 3))
each("sp.linalg.{}((x + x.T) / 2)[0]", "cho_factor eigh", SPD(3, 3))
each("sp.linalg.{}(x)[0]", "eig hessenberg schur", UPPER)
probe("sp.linalg.eigvals(x)", UPPER)
probe("sp.linalg.ldl((x + x.T) / 2)[1]", SPD(3, 3))
probe("np.abs(sp.linalg.rq(x)[0])", M(3, 3), name="scipy.linalg.rq")
probe("sp.linalg.solve(x, y)", M(3, 3), R(3))
probe("sp.linalg.solve_triangular(x, y)", M(3, 3), R(3))
probe("sp.linalg.cho_solve((x, True), y)", M(3, 3), R(3))
probe("sp.linalg.lu_solve((x, arr([1, 1, 2])), y)", M(3, 3), R(3))
probe("sp.linalg.lstsq(x, y)[0]", R(5, 3), R(5))
probe("sp.linalg.svd(x)[1]", R(4, 3))
probe("sp.linalg.eigh_tridiagonal(x, y)[0]", R(4), R(3))
probe("sp.linalg.eigvalsh_tridiagonal(x, y)", R(4), R(3))
probe("sp.linalg.eig_banded(x)[0]", R(2, 4))
probe("sp.linalg.eigvals_banded(x)", R(2, 4))
probe("sp.linalg.diagsvd(x, 2, 3)", R(2))
probe("sp.linalg.orth(x) @ sp.linalg.orth(x).T", R(3, 2))
probe("sp.linalg.null_space(x) @ sp.linalg.null_space(x).T", R(2, 4))
probe("sp.linalg.orthogonal_procrustes(x, y)", R(4, 2), R(4, 2))
probe("sp.linalg.subspace_angles(x, y)", R(5, 2), R(5, 2))
probe("sp.linalg.expm_frechet(x, y)", R(2, 2), R(2, 2))
probe("sp.linalg.fractional_matrix_power((x + x.T) / 2, 2)", SPD(2, 2))
probe("sp.linalg.funm((x + x.T) / 2, lambda w: w * w)", SPD(2, 2))
probe("sp.linalg.solve_sylvester(x, y, z)", SPD(2, 2), SPD(3, 3), R(2, 3))
each("sp.linalg.{}(x, y)", "solve_continuous_lyapunov solve_lyapunov", SPD(2, 2), R(2, 2))
probe("sp.linalg.solve_discrete_lyapunov(x, y)", V([[0.3, 0.1], [0.2, 0.4]]), R(2, 2))
each("sp.linalg.{}(x, y, (z + z.T) / 2, (w + w.T) / 2)", "solve_continuous_are solve_discrete_are",
     M(2, 2), M(2, 2), SPD(2, 2), SPD(2, 2))
probe("sp.linalg.convolution_matrix(x, 4)", R(3))
probe("sp.linalg.leslie(x, y)", R(3), R(2))
probe("sp.linalg.block_diag(x, y)", R(2, 2), R(1, 3))
probe("sp.linalg.khatri_rao(x, y)", R(2, 3), R(4, 3))
probe("sp.linalg.solve_toeplitz((x, y), z)", V(4.0, 1.0, 2.0), R(3), R(3))
probe("sp.linalg.matmul_toeplitz((x, y), z)", R(3), R(3), R(3))
probe("sp.linalg.solve_circulant(x, y)", V(4.0, 1.0, 2.0), R(3))
probe("sp.linalg.solve_banded((1, 1), x + arr([[0], [9], [0]]), y)", R(3, 4), R(4))
probe("sp.linalg.solveh_banded(x + arr([[0], [9]]), y)", R(2, 4), R(4))
probe("sp.linalg.cholesky_banded((x + arr([[0], [9]])) * arr([[0, 1, 1, 1], [1, 1, 1, 1]]))", R(2, 4))
probe("sp.linalg.cho_solve_banded((x + arr([[0], [9]]), False), y)", R(2, 4), R(4))
probe("sp.linalg.cossin(sp.linalg.qr(x)[0], 2, 2)[1]", R(4, 4), name="scipy.linalg.cossin")
probe("sp.linalg.qr_multiply(x, y)[0]", R(3, 3), R(3, 3))
each("sp.linalg.{}(x, y)[0]", "qz ordqz", M(3, 3), M(3, 3))
probe("sp.linalg.qr_delete(*sp.linalg.qr(x), 0)", R(3, 3), name="scipy.linalg.qr_delete")
probe("sp.linalg.qr_insert(*sp.linalg.qr(x), y, 0)", R(3, 3), R(3), name="scipy.linalg.qr_insert")
probe("sp.linalg.qr_update(*sp.linalg.qr(x), y, z)", R(3, 3), R(3), R(3), name="scipy.linalg.qr_update")
probe("sp.linalg.rsf2csf(x, y)[0]", V([[1.0, 2.0], [-0.5, 1.0]]), V([[1.0, 0.0], [0.0, 1.0]]))
probe("sp.linalg.clarkson_woodruff_transform(x, 2, rng=1)", R(4, 2))

# --- fft ------------------------------------------------------------------------------------------------------------

each("sp.fft.{}(x)", "fft ifft rfft ihfft dct idct dst idst fftshift ifftshift", R(5))
each("sp.fft.{}(x)", "irfft hfft", C(4))
each("sp.fft.{}(x)", "fft2 ifft2 fftn ifftn rfft2 rfftn ihfft2 ihfftn dctn idctn dstn idstn", R(3, 4))
each("sp.fft.{}(x)", "irfft2 irfftn hfft2 hfftn", C(3, 3))
each("sp.fft.{}(x, 0.1, mu=0.5)", "fht ifht", R(6))

# --- signal ---------------------------------------------------------------------------------------------------------

each("sp.signal.{}(x, y)", "convolve correlate fftconvolve oaconvolve upfirdn", R(5), R(3))
each("sp.signal.{}(x, y)", "convolve2d correlate2d", R(4, 3), R(2, 2))
each("sp.signal.{}(x)", "detrend hilbert periodogram cspline1d qspline1d envelope", R(9))
each("sp.signal.{}(x, nperseg=4)", "welch stft spectrogram", R(9))
each("sp.signal.{}(x, y, nperseg=4)", "csd coherence", R(9), R(9))
probe("sp.signal.istft(x, nperseg=4)", C(3, 4))
probe("sp.signal.hilbert2(x)", R(3, 4))
probe("sp.signal.lfilter(x, y, z)", R(3), V(1.5, 0.3), R(6))
probe("sp.signal.deconvolve(x, y)", R(5), V(1.5, 0.3))
probe("sp.signal.lfilter_zi(x, y)", R(3), V(1.5, 0.2, 0.3))
probe("sp.signal.lfiltic(x, y, z, w)", R(3), P(2), R(2), R(2))
probe("sp.signal.filtfilt([0.5, 0.3], [1.0, -0.4], x)", R(10))
each("sp.signal.{}([[1.0, 0.4, 0.2, 1.0, 0.3, 0.1]], x)", "sosfilt sosfiltfilt", R(20))
probe("sp.signal.sosfilt_zi(x)", V([[1.0, 0.4, 0.2, 1.0, 0.3, 0.1]]))
probe("sp.signal.resample(x, 4)", R(6))
probe("sp.signal.resample_poly(x, 2, 1)", R(4))
probe("sp.signal.decimate(x, 2, 2)", R(30))
probe("sp.signal.savgol_filter(x, 5, 2)", R(6))
probe("sp.signal.medfilt(x, 3)", R(5))
probe("sp.signal.medfilt2d(x, 3)", R(4, 4))
probe("sp.signal.order_filter(x, arr([1, 1, 1]), 1)", R(5))
probe("sp.signal.wiener(x, 3)", P(6))
probe("sp.signal.freqz(x, y, 3)", R(3), P(2))
each("sp.signal.{}(np.stack([np.concatenate([x, arr([1.0]), y])]), 3)", "freqz_sos sosfreqz", R(3), V(0.3, 0.1),
     name="scipy.signal.{}")
each("sp.signal.{}(x, y, [0.5, 1.0])", "freqs", R(3), P(2))
each("sp.signal.{}(x, y, 1.5, [0.1, 0.3])", "freqz_zpk freqs_zpk", U(2), U(2))
probe("sp.signal.group_delay((x, y), [0.1, 0.4])", R(3), V(1.5, 0.3))
probe("sp.signal.czt(x, 4)", R(5))
probe("sp.signal.zoom_fft(x, [0.2, 0.6], 4)", R(5))
probe("sp.signal.lombscargle(x, y, [1.0, 2.0])", R(6), R(6))
probe("sp.signal.vectorstrength(x, 2.0)", P(4))
probe("sp.signal.spline_filter(x, 0.0)", P(40, 40))
each("sp.signal.{}(x)", "cspline2d qspline2d", P(40, 40))
probe("sp.signal.sepfir2d(x, [1.0, 2.0, 1.0], [1.0, 2.0, 1.0])", R(4, 4))
probe("sp.signal.symiirorder1(x, 0.5, 0.1, 0.01)", R(9))
probe("sp.signal.symiirorder2(x, 0.1, 0.4, 0.01)", R(9))
each("sp.signal.{}(x, arr([0.5, 1.5]))", "cspline1d_eval qspline1d_eval", R(6))
probe("sp.signal.chirp(x, 1.0, 1.0, 3.0)", U(4))
probe("sp.signal.gausspulse(x, 5.0)", U(4))
probe("sp.signal.gauss_spline(x, 3)", R(4))
each("sp.signal.{}(x)", "sawtooth square", P(4))
probe("sp.signal.sweep_poly(x, [1.0, 0.5])", U(4))
each("sp.signal.{}(x)", "find_peaks argrelmax argrelmin", R(9))
probe("sp.signal.argrelextrema(x, np.greater)", R(9))
probe("sp.signal.find_peaks_cwt(x, [1, 2])", R(9))
each("sp.signal.{}(x, [2])", "peak_prominences peak_widths", V(0.0, 1.0, 3.0, 2.0, 0.5))
each("sp.signal.{}(x, y)", "residue residuez tf2zpk tf2sos tf2ss normalize", V(1.0, 0.4), V(1.0, 0.7, -0.3))
each("sp.signal.{}(x, y, z)", "invres invresz", P(2), U(2), R(1))
each("sp.signal.{}(x, y, 1.5)", "zpk2tf zpk2sos zpk2ss", U(2), U(2))
each("sp.signal.{}(x)", "sos2tf sos2zpk", V([[1.0, 0.4, 0.2, 1.0, 0.3, 0.1]]))
each("sp.signal.{}(x, y, 2.0)", "lp2lp lp2hp bilinear", P(2), V(1.0, 0.5, 0.2))
each("sp.signal.{}(x, y, 2.0, 0.5)", "lp2bp lp2bs", P(2), V(1.0, 0.5, 0.2))
each("sp.signal.{}(x, y, 1.5, 2.0)", "lp2lp_zpk lp2hp_zpk bilinear_zpk", P(1), P(2))
each("sp.signal.{}(x, y, 1.5, 2.0, 0.5)", "lp2bp_zpk lp2bs_zpk", P(1), P(2))
probe("sp.signal.ss2tf(x, y, z, w)", M(2, 2), R(2, 1), R(1, 2), R(1, 1))
probe("sp.signal.ss2zpk(x, y, z, w)", M(2, 2), R(2, 1), R(1, 2), R(1, 1))
probe("sp.signal.unique_roots(x)", R(3))
probe("sp.signal.minimum_phase(x)", R(7))
probe("sp.signal.place_poles(x, arr([[0.0], [1.0]]), [-1.0, -2.0]).gain_matrix", M(2, 2))
probe("sp.signal.cont2discrete((x, y, z, w), 0.1)[0]", M(2, 2), R(2, 1), R(1, 2), R(1, 1))
each("sp.signal.{}(5, x)", "firwin", U())
each("sp.signal.{}(2, x)", "butter bessel", U())
probe("sp.signal.cheby1(2, x, y)", P(), U())
probe("sp.signal.cheby2(2, 20 * x, y)", P(), U())
probe("sp.signal.ellip(2, x, 40.0, y)", P(), U())
each("sp.signal.{}(x, y)", "iirnotch iirpeak", U(), P())
each("sp.signal.windows.{}(5, x)", "gaussian kaiser tukey general_hamming", U())
probe("sp.signal.windows.general_cosine(5, x)", R(3))
probe("sp.signal.windows.general_gaussian(5, x, y)", P(), P())
probe("sp.signal.windows.exponential(5, None, x)", P())

probe("sp.signal.windows.kaiser_bessel_derived(6, x)", P())
probe("sp.signal.windows.chebwin(5, 60 * x)", P())
probe("sp.signal.windows.dpss(6, x)", P())
probe("sp.signal.lsim(([1.0], x), y, [0.0, 0.5, 1.0])[1]", V(1.0, 2.0), R(3))
each("sp.signal.{}(([1.0], x), T=[0.0, 0.5, 1.0])[1]", "step impulse", V(1.0, 2.0))
each("sp.signal.{}(([1.0], x, 0.1), y)[1]", "dlsim", V(1.0, 0.5), R(4))
each("sp.signal.{}(([1.0], x, 0.1), n=4)[1]", "dstep dimpulse", V(1.0, 0.5))
each("sp.signal.{}(([1.0], x), [0.5, 1.0])[1]", "freqresp bode", V(1.0, 2.0))
each("sp.signal.{}(([1.0], x, 0.1), [0.5, 1.0])[1]", "dfreqresp dbode", V(1.0, 0.5))
probe("sp.signal.abcd_normalize(x, y, z, w)[0]", M(2, 2), R(2, 1), R(1, 2), R(1, 1))
probe("sp.signal.cheb1ap(2, x)[1]", P())
probe("sp.signal.cheb2ap(2, 20 * x)[1]", P())
probe("sp.signal.ellipap(2, x, 40.0)[1]", P())
each("sp.signal.{}(0.2, 0.3 + x, 1, 40)", "buttord cheb1ord cheb2ord ellipord", V(0.2))
probe("sp.signal.band_stop_obj(x, 0, arr([0.1, 0.9]), arr([0.3, 0.7]), 1.0, 40.0, 'butter')", V(0.15))
probe("sp.signal.firls(5, [0.0, 0.3, 0.5, 1.0], x)", P(4))
probe("sp.signal.firwin2(5, [0.0, 0.5, 1.0], x)", P(3))
probe("sp.signal.remez(5, [0.0, 0.1, 0.3, 0.5], x)", P(2))
probe("sp.signal.gammatone(x, 'iir')", U())
probe("sp.signal.iircomb(0.2, x)", P())
probe("sp.signal.iirfilter(2, x)", V(0.2, 0.5))
probe("sp.signal.iirdesign(0.2, 0.3 + x, 1, 40)", V(0.2))
each("sp.signal.{}(x)", "kaiser_beta", V(30.0))
probe("sp.signal.kaiser_atten(5, x)", U())
probe("sp.signal.kaiserord(x, 0.2)[1]", V(30.0))
probe("sp.signal.savgol_coeffs(5, 2, delta=x)", P())
probe("sp.signal.czt_points(4, x)", C())
probe("sp.signal.check_NOLA(x, 4, 2)", P(4))
probe("sp.signal.check_COLA(x, 4, 2)", P(4))
probe("sp.signal.closest_STFT_dual_window(x, 2)[0]", P(4))
probe("sp.signal.findfreqs(x, y, 3)", P(2), P(3))

# --- ndimage --------------------------------------------------------------------------------------------------------

each("sp.ndimage.{}(x, y)", "convolve1d correlate1d", R(5), R(3))
each("sp.ndimage.{}(x, y)", "convolve correlate", R(4, 4), R(2, 3))
each("sp.ndimage.{}(x, 0.7)", "gaussian_filter gaussian_filter1d gaussian_gradient_magnitude gaussian_laplace", R(4, 4))
each("sp.ndimage.{}(x, 3)", "maximum_filter minimum_filter median_filter uniform_filter maximum_filter1d "
     "minimum_filter1d uniform_filter1d", R(4, 4))
each("sp.ndimage.{}(x, 3)", "grey_closing grey_dilation grey_erosion grey_opening black_tophat white_tophat "
     "morphological_gradient morphological_laplace", R(4, 4))
each("sp.ndimage.{}(x)", "laplace prewitt sobel spline_filter spline_filter1d", R(4, 4))
each("sp.ndimage.{}(x)", "mean variance standard_deviation sum_labels sum maximum minimum median center_of_mass "
     "extrema "
     "maximum_position minimum_position", R(3, 3))
probe("sp.ndimage.histogram(x, -2, 2, 3)", R(6))
probe("sp.ndimage.rank_filter(x, 1, 3)", R(5))
probe("sp.ndimage.percentile_filter(x, 40, 3)", R(5))
probe("sp.ndimage.generic_filter(x, lambda v: v.sum() * v[0], 3)", R(4))
probe("sp.ndimage.vectorized_filter(x, lambda v, axis: v.sum(axis=axis), size=3)", R(5))
each("sp.ndimage.{}(x, lambda v, axis, *rest: sp.ndimage.correlate1d(v, [-1.0, 1.0], axis, *rest))",
     "generic_gradient_magnitude generic_laplace", R(3, 3))
probe("sp.ndimage.map_coordinates(x, y)", R(5), U(1, 4))
probe("sp.ndimage.shift(x, y)", R(5), U())
probe("sp.ndimage.zoom(x, 1.6)", R(5))
probe("sp.ndimage.rotate(x, 20.0)", R(4, 4))
probe("sp.ndimage.affine_transform(x, y)", R(4, 4), V([[0.8, 0.1], [0.2, 0.9]]))
probe("sp.ndimage.geometric_transform(x, lambda at: tuple([0.4 * n + 0.3 for n in at]))", R(5))
each("sp.ndimage.{}(x, 1.5)", "fourier_gaussian fourier_uniform fourier_ellipsoid fourier_shift", C(4, 4))
each("sp.ndimage.{}(x > 0)", "label binary_dilation binary_erosion binary_opening binary_closing binary_fill_holes "
     "binary_propagation binary_hit_or_miss distance_transform_edt distance_transform_cdt distance_transform_bf",
     R(4, 4))
probe("sp.ndimage.labeled_comprehension(x, [1, 1, 2, 2], [1, 2], lambda v: v.sum(), float, 0)", R(4))

probe("sp.ndimage.generic_filter1d(x, lambda line, out: out.__setitem__(slice(None), line[2:]), 3)", R(5))
probe("sp.ndimage.value_indices(arr([1, 1, 2]))[1][0] * x", R(2))

# --- integrate ------------------------------------------------------------------------------------------------------

each("sp.integrate.{}(x)", "trapezoid simpson cumulative_trapezoid romb", R(5))
probe("sp.integrate.cumulative_simpson(x)", R(5))
probe("sp.integrate.quad(lambda t: np.sin(z * t), x, y, epsabs=1e-12)[0]", U(), P(), P())
probe("sp.integrate.quad_vec(lambda t: np.exp(-y * t), 0.0, x, 1e-12, 1e-12)[0]", P(), P())
probe("sp.integrate.fixed_quad(lambda t: np.cos(y * t), 0.0, x)[0]", P(), P())
probe("sp.integrate.dblquad(lambda s, t: s * t * x, 0.0, x, 0.0, 1.0)[0]", U())
probe("sp.integrate.nquad(lambda s, t: s * t * x, [[0.0, x], [0.0, 1.0]])[0]", U())
probe("sp.integrate.solve_ivp(lambda t, v: -y * v, (0.0, 1.0), x, rtol=1e-10, atol=1e-12).y[:, -1]", P(2), P())
probe("sp.integrate.odeint(lambda v, t: -y * v, x, [0.0, 0.5, 1.0], rtol=1e-11, atol=1e-12)", P(2), P())
probe("sp.integrate.cubature(lambda t: np.exp(-x * t[:, 0]), [0.0], [1.0]).estimate", P())
probe("sp.integrate.tanhsinh(lambda t: np.exp(-x * t), 0.0, y).integral", P(), P())
probe("sp.integrate.nsum(lambda n: x**n, 1, 20).sum", U())
probe("sp.integrate.solve_bvp(lambda t, v: np.stack([v[1], -v[0] * x]), lambda a, b: np.stack([a[0], b[0] - 1.0]), "
      "arr([0.0, 0.5, 1.0]), arr([[0.0, 0.5, 1.0], [1.0, 1.0, 1.0]])).y[0, 1]", P())

# --- interpolate ----------------------------------------------------------------------------------------------------

AT = V(0.4, 1.9, 2.2)
each("sp.interpolate.{}([0.0, 0.5, 1.1, 1.4, 2.3, 2.9], x)(y)", "CubicSpline PchipInterpolator Akima1DInterpolator "
     "interp1d make_interp_spline KroghInterpolator BarycentricInterpolator FloaterHormannInterpolator AAA "
     "InterpolatedUnivariateSpline UnivariateSpline make_smoothing_spline Rbf", R(6), AT)
each("sp.interpolate.{}([0.0, 0.5, 1.1, 1.4, 2.3, 2.9], x, y)", "pchip_interpolate krogh_interpolate "
     "barycentric_interpolate", R(6), AT)
probe("sp.interpolate.CubicHermiteSpline([0.0, 1.0, 2.9], x, y)(z)", R(3), R(3), AT)
probe("sp.interpolate.PPoly(x, [0.0, 1.0, 2.9])(y)", R(3, 2), AT)
probe("sp.interpolate.BPoly(x, [0.0, 1.0, 2.9])(y)", R(3, 2), AT)
probe("sp.interpolate.NdPPoly(x, ([0.0, 1.0, 2.9],))(y[:, None])", R(3, 2), AT)
probe("sp.interpolate.BSpline([0.0, 0, 0, 0, 1, 2, 3, 3, 3, 3], x, 3)(y)", R(6), AT)
probe("sp.interpolate.NdBSpline(([0.0, 0, 0, 0, 1, 2, 3, 3, 3, 3],), x, 3)(y[:, None])", R(6), AT)
probe("sp.interpolate.splev(y, ([0.0, 0, 0, 0, 1, 2, 3, 3, 3, 3], x, 3))", R(6), AT)
probe("sp.interpolate.splint(0.2, y, ([0.0, 0, 0, 0, 1, 2, 3, 3, 3, 3], x, 3))", V(1.0, 2.0, -1.0, 0.5, 0.3, 0.7,
      0, 0, 0, 0),
      V(1.5))
probe("sp.interpolate.splev(0.7, sp.interpolate.splrep([0.0, 0.5, 1.1, 1.4, 2.3, 2.9], x))", R(6),
      name="scipy.interpolate.splrep")
probe("sp.interpolate.make_splrep([0.0, 0.5, 1.1, 1.4, 2.3, 2.9], x, s=0)(0.7)", R(6))
probe("sp.interpolate.make_lsq_spline([0.0, 0.5, 1.1, 1.4, 2.3, 2.9], x, [0.0, 0, 0, 0, 2.9, 2.9, 2.9, 2.9])(0.7)",
      R(6))
probe("sp.interpolate.splprep([x, y], s=0)[0][1]", R(6), R(6))
probe("sp.interpolate.make_splprep([x, y], s=0)[0](0.3)", R(6), R(6))
each("sp.interpolate.{}((arr([0.0, 0, 0, 0, 1, 2, 3, 3, 3, 3]), x, 3))[1]", "splder splantider",
     V(1.0, 2.0, -1.0, 0.5, 0.3, 0.7, 0, 0, 0, 0))
probe("sp.interpolate.spalde(y, ([0.0, 0, 0, 0, 1, 2, 3, 3, 3, 3], x, 3))", V(1.0, 2.0, -1.0, 0.5, 0.3, 0.7, 0, 0,
      0, 0),
      V(0.4))
probe("sp.interpolate.sproot(([0.0, 0, 0, 0, 1, 2, 3, 3, 3, 3], x, 3))", V(1.3, 1.4, -1.0, 0.8, 0.3, 0.7, 0, 0, 0, 0))
probe("sp.interpolate.insert(0.5, ([0.0, 0, 0, 0, 1, 2, 3, 3, 3, 3], x, 3))[1]",
      V(1.0, 2.0, -1.0, 0.5, 0.3, 0.7, 0, 0, 0, 0))
probe("sp.interpolate.lagrange([0.0, 1.0, 2.0], x)(0.5)", R(3))
probe("sp.interpolate.pade(x, 1)[0](0.5)", P(4))
probe("sp.interpolate.approximate_taylor_polynomial(lambda t: np.exp(x * t), 0.0, 2, 1.0)(0.3)", P())
each("sp.interpolate.{}(([0.0, 0.5, 1.1], [0.0, 1.0]), x)(y)", "RegularGridInterpolator", R(3, 2), U(4, 2))
probe("sp.interpolate.interpn(([0.0, 0.5, 1.1], [0.0, 1.0]), x, y)", R(3, 2), U(4, 2))
PLACES = "arr([[0.0, 0], [0, 1], [1, 0], [1, 1], [0.4, 0.6]])"
each(f"sp.interpolate.{{}}({PLACES}, x)(y)", "LinearNDInterpolator CloughTocher2DInterpolator NearestNDInterpolator "
     "RBFInterpolator", R(5), U(3, 2))
probe(f"sp.interpolate.griddata({PLACES}, x, y)", R(5), U(3, 2))
probe("sp.interpolate.RectBivariateSpline([0.0, 1, 2, 3], [0.0, 1, 2, 3], x)(0.7, 1.2)", R(4, 4))

probe("sp.interpolate.bisplev(0.5, 0.7, ([0.0, 0, 1, 1], [0.0, 0, 1, 1], x, 1, 1))", R(4))
probe("sp.interpolate.bisplrep([0.0, 0, 1, 1], [0.0, 1, 0, 1], x, kx=1, ky=1, s=0)[2]", R(4))
probe("list(sp.interpolate.generate_knots([0.0, 1.0, 2.0, 3.0, 4.0], x, s=0.1))", R(5),
      name="scipy.interpolate.generate_knots")

# --- sparse ---------------------------------------------------------------------------------------------------------

WHERE = "(arr([0, 1, 2, 0, 1]), arr([0, 1, 2, 2, 0]))"
each(f"sp.sparse.{{}}((x, {WHERE}), shape=(3, 3)) @ y", "coo_array csr_array csc_array coo_matrix csr_matrix "
     "csc_matrix "
     "bsr_array", R(5), R(3))
each("sp.sparse.{}(x) @ y", "dia_array lil_array dok_array", R(3, 3), R(3))
probe("sp.sparse.diags_array(x) @ y", R(3), R(3))
probe("sp.sparse.diags(x) @ y", R(3), R(3))
MATRIX = "plain_sparse(arr([[4.0, 1.0, 0.0], [1.0, 5.0, 0.5], [0.0, 0.5, 3.0]]))"
each(f"sp.sparse.linalg.{{}}({MATRIX}, x)", "spsolve", R(3), name="scipy.sparse.linalg.{}")
each(f"sp.sparse.linalg.{{}}({MATRIX}, x, rtol=1e-13)[0]", "cg gmres bicg bicgstab cgs lgmres minres qmr tfqmr gcrotmk",
     R(3), name="scipy.sparse.linalg.{}")
each(f"sp.sparse.linalg.{{}}({MATRIX}, x)[0]", "lsqr lsmr", R(3), name="scipy.sparse.linalg.{}")
each(f"sp.sparse.linalg.{{}}({MATRIX}).solve(x)", "splu spilu", R(3), name="scipy.sparse.linalg.{}")
probe(f"sp.sparse.linalg.factorized({MATRIX})(x)", R(3), name="scipy.sparse.linalg.factorized")
probe(f"sp.sparse.linalg.expm_multiply({MATRIX}, x)", R(3), name="scipy.sparse.linalg.expm_multiply")
probe("sp.sparse.linalg.spsolve_triangular(plain_sparse(arr([[2.0, 0.0], [1.0, 3.0]])), x)", R(2),
      name="scipy.sparse.linalg.spsolve_triangular")
probe("sp.sparse.linalg.aslinearoperator(arr([[2.0, 0.0], [1.0, 3.0]])) @ x", R(2))
each("sp.sparse.linalg.{}(x)", "expm onenormest", M(3, 3))
probe(f"sp.sparse.linalg.norm(sp.sparse.csc_array((x, {WHERE}), shape=(3, 3)))", P(5), name="scipy.sparse.linalg.norm")
probe(f"sp.sparse.linalg.inv(sp.sparse.csc_array((x, {WHERE}), shape=(3, 3))).toarray()", P(5),
      name="scipy.sparse.linalg.inv")
probe("sp.sparse.linalg.eigsh(x + x.T, 1)[0]", SPD(4, 4))
probe("sp.sparse.linalg.eigs(x, 1)[0]", SPD(4, 4))
probe("sp.sparse.linalg.svds(x, 1)[1]", R(4, 4))

probe(f"sp.sparse.linalg.funm_multiply_krylov(lambda m: sp.linalg.expm(m), {MATRIX}, x)", R(3),
      name="scipy.sparse.linalg.funm_multiply_krylov")
probe(f"sp.sparse.linalg.matrix_power(sp.sparse.csc_array((x, {WHERE}), shape=(3, 3)), 2).toarray()", R(5),
      name="scipy.sparse.linalg.matrix_power")
probe("sp.sparse.linalg.lobpcg(x, arr([[1.0], [0.5], [0.2], [0.1], [0.3], [0.7]]))[0]", SPD(6, 6))
each(f"(sp.sparse.{{}}([sp.sparse.csr_array((x, {WHERE}), shape=(3, 3))] * 2)).toarray()", "hstack vstack "
     "block_diag", R(5),
     name="scipy.sparse.{}")
each(f"(sp.sparse.{{}}([[sp.sparse.csr_array((x, {WHERE}), shape=(3, 3))]])).toarray()", "bmat block_array", R(5),
     name="scipy.sparse.{}")
each(f"(sp.sparse.{{}}(sp.sparse.csr_array((x, {WHERE}), shape=(3, 3)))).toarray()", "tril triu", R(5),
     name="scipy.sparse.{}")
each(f"sp.sparse.{{}}(sp.sparse.csr_array((x, {WHERE}), shape=(3, 3)), sp.sparse.eye_array(3)).toarray()", "kron "
     "kronsum",
     R(5), name="scipy.sparse.{}")
probe(f"sp.sparse.find(sp.sparse.csr_array((x, {WHERE}), shape=(3, 3)))[2]", R(5), name="scipy.sparse.find")
probe(f"sp.sparse.swapaxes(sp.sparse.coo_array((x, {WHERE}), shape=(3, 3)), 0, 1).toarray()", R(5),
      name="scipy.sparse.swapaxes")
probe(f"sp.sparse.permute_dims(sp.sparse.coo_array((x, {WHERE}), shape=(3, 3))).toarray()", R(5),
      name="scipy.sparse.permute_dims")
probe(f"sp.sparse.expand_dims(sp.sparse.coo_array((x, {WHERE}), shape=(3, 3))).toarray()", R(5),
      name="scipy.sparse.expand_dims")
probe("sp.sparse.spdiags(x, [0], 3, 3).toarray()", R(3), name="scipy.sparse.spdiags")

# --- optimize -------------------------------------------------------------------------------------------------------

each("sp.optimize.{}(lambda t: t**3 + t - x, 0.0, 9.0)", "bisect brentq brenth ridder toms748", P())
each("sp.optimize.{}(lambda t: x + 0.1 * np.cos(t) - t, arr([0.7, 0.2]), alpha=0.9, f_tol=1e-10)",
     "excitingmixing linearmixing", U(2))
probe("sp.optimize.newton(lambda t: t**3 + t - x, 1.0, tol=1e-13)", P())
probe("sp.optimize.root_scalar(lambda t: t**3 + t - x, bracket=(0, 9)).root", P())
probe("sp.optimize.root(lambda t: t**3 + t - x, arr([1.0, 1.0]), tol=1e-13).x", P(2))
probe("sp.optimize.fsolve(lambda t: t**3 + t - x, arr([1.0, 1.0]), xtol=1e-13)", P(2))
probe("sp.optimize.fixed_point(lambda t: np.cos(x * t), arr([0.7, 0.7]), xtol=1e-13)", U(2))
each("sp.optimize.{}(lambda t: t**3 + t - x, arr([1.0, 1.0]), f_tol=1e-10)", "broyden1 broyden2 anderson newton_krylov "
     "diagbroyden", U(2))
BOWL = "lambda t: np.sum((t - x) ** 2 + 0.1 * t**4)"
probe(f"sp.optimize.minimize({BOWL}, arr([0.0, 0.0]), tol=1e-12).fun", R(2))
probe("sp.optimize.minimize_scalar(lambda t: (t - x) ** 2 + 0.1 * t**4, tol=1e-12).fun", P())
probe("sp.optimize.fminbound(lambda t: (t - x) ** 2 + 0.1 * t**4, 0.0, 9.0, (), 1e-10, 500, 1)[1]", P())
probe(f"sp.optimize.fmin({BOWL}, arr([0.0, 0.0]), (), 1e-9, 1e-13, 999, 999, 1, 0)[1]", P(2))
each(f"sp.optimize.{{}}({BOWL}, arr([0.0, 0.0]), disp=0)", "fmin_bfgs fmin_cg fmin_powell", P(2))
probe(f"sp.optimize.fmin_slsqp({BOWL}, arr([0.0, 0.0]), iprint=0, acc=1e-12)", P(2))
probe(f"sp.optimize.fmin_l_bfgs_b({BOWL}, arr([0.0, 0.0]), approx_grad=True)[1]", P(2))
probe(f"sp.optimize.fmin_tnc({BOWL}, arr([0.0, 0.0]), approx_grad=True, disp=0)[0]", P(2))
probe(f"sp.optimize.fmin_cobyla({BOWL}, arr([0.0, 0.0]), [], rhoend=1e-9)", P(2))
probe("sp.optimize.fmin_ncg(lambda t: np.sum((t - x) ** 2), arr([0.0, 0.0]), lambda t: 2 * (t - x), disp=0)", P(2))
each("sp.optimize.{}(lambda t: (t - x) ** 2 + 0.1 * t**4)", "brent golden", P())
probe(f"sp.optimize.differential_evolution({BOWL}, [(-3, 3), (-3, 3)], rng=1, maxiter=2).fun", R(2))
probe(f"sp.optimize.dual_annealing({BOWL}, [(-3, 3), (-3, 3)], rng=1, maxiter=2).fun", R(2))
probe(f"sp.optimize.direct({BOWL}, [(-3, 3), (-3, 3)], maxiter=3).fun", R(2))
probe(f"sp.optimize.shgo({BOWL}, [(-3, 3), (-3, 3)]).fun", R(2))
probe(f"sp.optimize.basinhopping({BOWL}, arr([0.0, 0.0]), 1, rng=1).fun", R(2))
probe(f"sp.optimize.brute({BOWL}, ((-3, 3), (-3, 3)), Ns=3, finish=None, full_output=True)[1]", R(2))
probe("sp.optimize.least_squares(lambda t: np.stack([t[0] - x[0], t[0] * t[1] - x[1], t[1] - 1]), arr([1.0, 1.0]), "
      "gtol=1e-14, xtol=1e-14, ftol=1e-14).x", P(2))
probe("sp.optimize.leastsq(lambda t: np.stack([t[0] - x[0], t[0] * t[1] - x[1], t[1] - 1]), arr([1.0, 1.0]), "
      "xtol=1e-15, ftol=1e-15, gtol=1e-15)[0]", P(2))
probe("sp.optimize.curve_fit(lambda t, a, b: a * np.exp(-b * t), arr([0.0, 0.2, 0.4, 0.6, 0.8, 1.0]), x, (1.0, 1.0), "
      "gtol=1e-14, xtol=1e-14, ftol=1e-14)[0]", V(0.9, 0.75, 0.55, 0.46, 0.33, 0.3))
probe("sp.optimize.linprog(x, A_ub=z, b_ub=y, bounds=(0, None)).x", V(-1.0, -2.0), V(4.0, 6.0),
      V([[1.0, 1.0], [1.0, 3.0]]))
probe("sp.optimize.nnls(x, y)[0]", M(3, 3), P(3))
probe("sp.optimize.lsq_linear(x, y, tol=1e-13).x", R(4, 2), R(4))
probe("sp.optimize.isotonic_regression(x).x", R(5))
probe("sp.optimize.milp(x, bounds=(0, 1)).fun", R(3))
probe("sp.optimize.linear_sum_assignment(x)[1]", R(3, 3))
probe("sp.optimize.approx_fprime(x, lambda t: np.sum(t**2))", P(3))
each("sp.optimize.{}(x)", "rosen rosen_der rosen_hess", R(4))
probe("sp.optimize.rosen_hess_prod(x, y)", R(4), R(4))
probe("sp.optimize.check_grad(lambda t: np.sum(t**3), lambda t: 3 * t**2, x)", P(2))
probe("sp.optimize.line_search(lambda t: np.sum(t**2), lambda t: 2 * t, x, -x)[0]", P(2))
probe("sp.optimize.bracket(lambda t: (t - x) ** 2)[0]", P())
probe("sp.optimize.quadratic_assignment(x, y).fun", R(2, 2), R(2, 2))
