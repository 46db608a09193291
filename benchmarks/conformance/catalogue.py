"""All probes, by the modules they are written in; and the functions that have none, with the reason."""

from __future__ import annotations

import importlib
import types
from collections.abc import Iterator
from typing import Any

from benchmarks.conformance.probe import PROBES, Probe

__all__ = ["EXCUSED", "MODULES", "excused", "probes", "public"]

for _topic in ("numpy", "methods", "polynomial", "special", "scipy", "spatial", "stats"):
    importlib.import_module(f"benchmarks.conformance.probes_{_topic}")

# The modules whose public functions are all either probed or excused.
MODULES = """
numpy numpy.linalg numpy.fft numpy.polynomial.polynomial numpy.polynomial.chebyshev numpy.polynomial.legendre
numpy.polynomial.hermite numpy.polynomial.hermite_e numpy.polynomial.laguerre scipy.special scipy.linalg scipy.fft
scipy.signal scipy.signal.windows scipy.ndimage scipy.integrate scipy.interpolate scipy.sparse scipy.sparse.linalg
scipy.optimize scipy.spatial scipy.spatial.distance scipy.stats
""".split()

# Public functions without a probe: none of their arguments is a number with a derivative.
EXCUSED: dict[str, dict[str, str]] = {
    "makes numbers of whole numbers and settings": {
        "numpy": "bartlett blackman diag_indices empty eye hamming hanning identity indices mask_indices ones "
        "tril_indices "
        "triu_indices zeros",
        "numpy.fft": "fftfreq rfftfreq",
        "numpy.polynomial.chebyshev": "chebgauss chebpts1 chebpts2",
        "numpy.polynomial.legendre": "leggauss",
        "numpy.polynomial.hermite": "hermgauss",
        "numpy.polynomial.hermite_e": "hermegauss",
        "numpy.polynomial.laguerre": "laggauss",
        "scipy.special": "ai_zeros bei_zeros beip_zeros ber_zeros bernoulli berp_zeros bi_zeros c_roots cg_roots "
        "erf_zeros "
        "euler fresnel_zeros fresnelc_zeros fresnels_zeros h_roots he_roots j_roots jn_zeros jnjnp_zeros jnp_zeros "
        "jnyn_zeros js_roots kei_zeros keip_zeros kelvin_zeros ker_zeros kerp_zeros l_roots la_roots p_roots ps_roots "
        "roots_chebyc roots_chebys roots_chebyt roots_chebyu roots_hermite roots_hermitenorm roots_laguerre "
        "roots_legendre roots_sh_chebyt roots_sh_chebyu roots_sh_legendre s_roots t_roots ts_roots u_roots us_roots "
        "y0_zeros y1_zeros y1p_zeros yn_zeros ynp_zeros",
        "scipy.linalg": "dft hadamard helmert hilbert invhilbert invpascal pascal",
        "scipy.fft": "fftfreq fhtoffset next_fast_len prev_fast_len rfftfreq",
        "scipy.signal": "besselap buttap choose_conv_method correlation_lags firwin_2d get_window max_len_seq "
        "unit_impulse",
        "scipy.signal.windows": "barthann bartlett blackman blackmanharris bohman boxcar cosine flattop get_window "
        "hamming "
        "hann lanczos nuttall parzen taylor triang",
        "scipy.ndimage": "find_objects generate_binary_structure iterate_structure watershed_ift",
        "scipy.integrate": "lebedev_rule newton_cotes",
        "scipy.sparse": "eye eye_array get_index_dtype identity issparse isspmatrix isspmatrix_bsr isspmatrix_coo "
        "isspmatrix_csc isspmatrix_csr isspmatrix_dia isspmatrix_dok isspmatrix_lil safely_cast_index_arrays",
        "scipy.sparse.linalg": "is_sptriangular spbandwidth",
        "scipy.stats": "barnard_exact binomtest boschloo_exact fisher_exact multivariate_hypergeom nhypergeom randint",
    },
    "is slow; `tests/samples` has it": {"scipy.integrate": "tplquad"},
    "takes the bytes of an object, and a tensor offers none": {"numpy": "frombuffer"},
    "random numbers, by themselves": {
        "scipy.integrate": "qmc_quad",
        "scipy.sparse": "rand random random_array",
        "scipy.stats": "ortho_group power random_correlation random_table sobol_indices special_ortho_group "
        "uniform_direction unitary_group",
    },
    "draws a picture": {"scipy.spatial": "convex_hull_plot_2d delaunay_plot_2d voronoi_plot_2d"},
    "types, dates, text, files and settings": {
        "numpy": "base_repr binary_repr broadcast_shapes busday_count busday_offset can_cast datetime_as_string "
        "datetime_data format_float_positional format_float_scientific fromfile fromregex fromstring genfromtxt "
        "get_include get_printoptions getbufsize geterr geterrcall info is_busday isdtype isnat issubdtype load "
        "loadtxt "
        "mintypecode nested_iters printoptions promote_types save savetxt savez savez_compressed set_printoptions "
        "setbufsize seterr seterrcall show_config show_runtime test typename",
        "scipy.special": "geterr seterr",
        "scipy.linalg": "cdf2rdf find_best_blas_type get_blas_funcs get_lapack_funcs",
        "scipy.fft": "get_workers register_backend set_backend set_global_backend set_workers skip_backend",
        "scipy.sparse": "load_npz save_npz",
        "scipy.sparse.linalg": "use_solver",
        "scipy.optimize": "linprog_verbose_callback show_options",
        "scipy.stats": "make_distribution",
    },
}


def excused(module: str) -> set[str]:
    """The functions of a module that have no probe for a reason."""
    return {name for modules in EXCUSED.values() for name in modules.get(module, "").split()}


def probes() -> list[Probe]:
    """Every probe."""
    for module in MODULES:
        importlib.import_module(module)
    return list(PROBES.values())


def public(module: str) -> Iterator[str]:
    """The public functions of a module (no classes, except those that interpolate)."""
    found: Any = importlib.import_module(module)
    names = [n for n in dir(found) if not n.startswith("_")] if module == "numpy" else found.__all__
    for name in sorted(set(names)):
        f = getattr(found, name, None)
        if callable(f) and not isinstance(f, type | types.ModuleType):
            yield name
