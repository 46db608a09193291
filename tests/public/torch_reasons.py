"""Why names of PyTorch's are not wengert's, and where a name that both have means what it means in NumPy."""

from __future__ import annotations

# A name of a module of PyTorch's that is not here either has a reason below, or is forgotten.
# reason: words; a word with * stands for every name that it matches.
REASONS = {
    "other devices: wengert computes on the CPU": (
        "cudnn_* miopen_* mkldnn_* xpu ipu mtia is_cpu is_ipu is_maia is_meta is_mkldnn is_mps is_mtia is_vulkan "
        "is_xla is_xpu is_vulkan_available get_device get_device_module get_default_device set_default_device "
        "pin_memory is_pinned record_stream to_mkldnn compiled_with_cxx11_abi DataParallel SyncBatchNorm "
        "DefaultDeviceType get_device_states set_device_states set_warn_on_accumulate_grad_stream_mismatch "
        "set_override_stale_capture_stream"
    ),
    "quantised numbers: NumPy has none": (
        "q_* quantize_* quantized_* fake_quantize_* fbgemm_* dequantize int_repr qint* quint* qscheme "
        "choose_qparams_optimized fused_moving_avg_obs_fake_quant empty_quantized"
    ),
    "number types that NumPy lacks": (
        "scaled_mm scaled_grouped_mm "
        "bfloat16 chalf complex32 float8_* float4_* bit bits* int1 int2 int3 int4 int5 int6 int7 uint1 uint2 "
        "uint3 uint4 uint5 uint6 uint7"
    ),
    "sparse layouts: scipy.sparse matrices times tensors differentiate": (
        "sparse_* is_sparse_csr to_sparse* *_indices *_indices_copy indices indices_copy values values_copy "
        "coalesce is_coalesced dense_dim to_dense hsmm hspmm dsmm saddmm smm spmm sspaddmm resize_as_sparse_ "
        "to_padded_tensor is_nested"
    ),
    "memory layout and shared memory are no part of a tensor: x.copy(), x.reshape": (
        "as_strided* empty_strided empty_permuted new_empty_strided data_ptr const_data_ptr dim_order storage "
        "storage_type untyped_storage set_ is_set_to is_shared share_memory_ is_storage alias_copy from_file "
        "frombuffer slice_copy slice_inverse to_dlpack"
    ),
    "a tensor's shape is fixed, since views look at it: x = x.squeeze(), np.resize(x, shape)": (
        "resize_ resize_as resize_as_ squeeze_ unsqueeze_ t_ transpose_ swapaxes_ swapdims_ sparse_resize_*"
    ),
    "mixed precision by context: write x.astype(dtype)": ("*autocast*"),
    "graphs of TorchScript and of torch.compile: wg.trace and wg.jit": (
        "import_ir_module* parse_* merge_type_* unify_type_list sym_* fork wait compile get_file_path classproperty"
    ),
    "threads, warnings and switches of PyTorch's runtime": (
        "are_deterministic_* is_deterministic_* use_deterministic_* get_deterministic_* set_deterministic_* "
        "get_float32_matmul_precision set_float32_matmul_precision get_num_interop_threads get_num_threads "
        "set_num_interop_threads set_num_threads init_num_threads set_flush_denormal is_warn_always_enabled "
        "set_warn_always prepare_multiprocessing_environment thread_safe_generator profiler_allow_* "
        "is_distributed"
    ),
    "wengert's own: wg.autograd.set_detect_anomaly, wg.inference_mode": (
        "is_anomaly_* set_anomaly_enabled is_inference is_inference_mode_enabled"
    ),
    "loading: wg.load, load_state_dict": ("module_load"),
    "the default dtype is NumPy's float64: dtype=": ("set_default_dtype set_default_tensor_type"),
    "random states: wg.Generator, wg.manual_seed": ("initial_seed seed get_rng_state set_rng_state"),
    "PyTorch took it away; np.linalg.eig, eigh, solve, lstsq": ("eig symeig solve lstsq volatile reinforce"),
    "LAPACK's packed symmetric factors: scipy.linalg.ldl; iterative eigenvalues: np.linalg.eigh": ("ldl_* lobpcg"),
    "of PyTorch's inside, not documented": (
        "native_* batch_norm_* convolution affine_grid_generator grid_sampler* hash_tensor norm_except_dim "
        "grad_dtype map2_ index new as_subclass assert_int_or_pair boolean_dispatch grouped_mm handle_torch_function "
        "has_torch_function* Container RNNBase RNNCellBase Uninitialized* factory_kwargs invert_permutation "
        "type_before_parametrizations transfer_parametrizations_and_params swap_in_optimizer_params_and_state "
        "NestedIOFunction enforce_grad_layout_policy set_multithreading_enabled increment_version debug_unwrap "
        "CheckpointError CheckpointFunction GraphExecGroup check_backward_validity detach_variable noop_context_fn"
    ),
    "PyTorch's own older spellings: kaiming_uniform_, clip_grad_norm_, NLLLoss, parametrize.remove_parametrizations": (
        "constant dirac eye kaiming_normal kaiming_uniform normal orthogonal sparse uniform xavier_normal "
        "xavier_uniform clip_grad_norm NLLLoss2d remove_spectral_norm remove_weight_norm"
    ),
    "of models with their weights apart: fuse_conv_bn_eval, nn.functional.linear_cross_entropy": (
        "fuse_conv_bn_weights fuse_linear_bn_weights LinearCrossEntropyLoss LinearCrossEntropyOptions"
    ),
    "memory formats, and weights that are not filled yet": ("convert_conv*_weight_memory_format skip_init"),
    "what a checkpoint keeps is decided by what it surrounds": (
        "CheckpointPolicy SelectiveCheckpointContext create_selective_checkpoint_contexts set_checkpoint_* "
        "region_activation_memory_budget"
    ),
    "pipes of data: a Dataset, or any iterable": (
        "*DataPipe DataChunk argument_validation functional_datapipe guaranteed_datapipes_determinism "
        "non_deterministic runtime_validation*"
    ),
    "gradients are dense arrays": ("SparseAdam"),
    "not there yet": ("CrossMapLRN2d rearrange replace_all_batch_norm_modules_"),
    "layers: wg.nn and wg.nn.functional": (
        "alpha_dropout* batch_norm binary_cross_entropy_with_logits celu* conv_tbc cosine_embedding_loss "
        "ctc_loss dropout* embedding embedding_bag embedding_renorm_ feature_alpha_dropout* "
        "feature_dropout* gru gru_cell hardshrink hinge_embedding_loss instance_norm kl_div "
        "lstm lstm_cell margin_ranking_loss poisson_nll_loss prelu rnn_* rrelu* selu* "
        "threshold* triplet_margin_loss"
    ),
}

# name: what it means in wengert.
NUMPYS = {
    "torch.add, sub, exp and all other ufuncs": "NumPy's objects; alpha: x.add(y, alpha=2), wg.sub(x, y, alpha=2)",
    "max, min, median, nanmedian, sort": "NumPy's values; PyTorch's values and indices with ``dim=``",
    "torch.max(x, 1), min, sort, median": "NumPy's axis by position; ``dim=`` is PyTorch's",
    "squeeze": "NumPy's error for an axis that is not of length 1, unless ``dim=`` names it",
    "cumsum, cumprod of a number": "NumPy's vector of one entry",
    "ceil, floor, round, sign, trunc ...": "no gradient, where PyTorch's is 0",
    "cholesky, eigh, eigvalsh, cholesky_solve, cholesky_inverse, pinv(hermitian=True)": (
        "the whole gradient lies in the triangle that is read; PyTorch's in both"
    ),
    "max_unpool1d, 2d, 3d with a repeated index": "the entry that was written over gets no gradient; PyTorch's does",
    "index_copy with a repeated index": "the entry that was written over gets no gradient; PyTorch's does",
    "ctc_loss": "the gradient in log_probs as they are; PyTorch's takes them to have come out of log_softmax",
    "polar with a negative radius": "the derivative; PyTorch's in the radius has the other sign",
    "triangular_solve, logcumsumexp in forward mode": "the derivative; PyTorch's is another than its gradient",
    "norm with p = 0, cdist and pdist too, div with a rounding_mode, zero_, fill_": "no gradient, where PyTorch's is 0",
    "x[1, None, indices]": "NumPy's: integers beside index arrays are such, and what is apart comes first",
    "logaddexp, rms_norm": "of real numbers only; logcumsumexp of complex ones too",
    "diagonal": "NumPy's, which cannot be written to; x.fill_diagonal_, x[i, i] = ...",
    "ldexp": "NumPy's, of an integer exponent",
    "tensordot": "axes of length 1 are not repeated",
    "gather with indices of another rank": "refused, also where there are none",
    "torch.atleast_1d([x, y])": "NumPy's, one array; atleast_1d(x, y) is PyTorch's tuple",
    "std, var": "NumPy's, divided by n; PyTorch's, by n - 1, with ``dim=``, ``unbiased=`` or ``correction=``",
    "torch.equal": "NumPy's, entry by entry; x.equal(y) is PyTorch's truth value",
    "torch.trace": "wengert's tracing; x.trace(), np.trace",
    "torch.meshgrid": 'NumPy\'s ``indexing="xy"`` unless given',
    "nonzero": "NumPy's tuple; PyTorch's rows with ``as_tuple=False``",
    "tril_indices, triu_indices": "NumPy's pair; PyTorch's array with ``row=`` and ``col=``",
    "histogram, bincount": "NumPy's: counts are integers",
    "result_type, promote_types": "NumPy's: an integer array and a float32 one give float64",
    "unique": "NumPy's; with ``dim=`` along slices",
    "repeat": "NumPy's of up to two integers, each entry repeated; PyTorch's of three and more; x.tile always",
    "x.size, x.transpose(0, 1) of a matrix": "NumPy's",
}
