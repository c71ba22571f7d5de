// Sums of points of G1.
#include "msm_sum.cuh"

KW_MSM_KERNELS(g1, kw::G1Affine, kw::G1, 4);

KW_MODULE(msm_sum)
