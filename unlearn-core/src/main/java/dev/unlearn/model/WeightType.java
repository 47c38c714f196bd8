package dev.unlearn.model;

/** The number formats that weights are written in, under their names in safetensors files. */
public enum WeightType {
  /** IEEE single precision: what the library computes in, so nothing is rounded. */
  F32,

  /** IEEE half precision: 11 significant bits, values up to 65,504. */
  F16,

  /** bfloat16: 8 significant bits over the range of {@link #F32}. */
  BF16
}
