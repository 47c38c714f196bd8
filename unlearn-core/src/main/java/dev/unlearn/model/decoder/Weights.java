package dev.unlearn.model.decoder;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;

/** Where the parts of a decoder declare their parameters. */
interface Weights {

  Parameter declare(String name, Shape shape, Parameter.Type type);

  /** Says that a decoder has a linear layer. */
  void has(String name, Linear linear);

  default Parameter matrix(String name, Shape shape) {
    return declare(name, shape, Parameter.Type.WEIGHT);
  }

  /** Declares the scale of a norm, initially 1. */
  default Parameter scale(String name, int width) {
    return declare(name, new Shape(width), Parameter.Type.GAMMA);
  }

  /** Declares an offset, initially 0. */
  default Parameter bias(String name, int width) {
    return declare(name, new Shape(width), Parameter.Type.BIAS);
  }
}
