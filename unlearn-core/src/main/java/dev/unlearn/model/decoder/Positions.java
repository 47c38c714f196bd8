package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.TorchOps;
import org.jspecify.annotations.Nullable;

/**
 * What all blocks share in one forward pass: how it computes, where its tokens stand, which tokens
 * they may attend to, and the keys and values of those before them.
 */
abstract class Positions {
  private final Products products;
  private final @Nullable NDArray cosines;
  private final @Nullable NDArray sines;

  /**
   * Creates what is common to all.
   *
   * @param products how the pass computes
   * @param places position ids
   * @param shape what cosines are broadcast to queries with; its last axis is added here
   */
  Positions(
      NDManager manager,
      Products products,
      @Nullable RotaryTable rotary,
      int[] places,
      long... shape) {
    this.products = products;
    if (rotary == null) {
      cosines = null;
      sines = null;
    } else {
      Shape full = new Shape(shape).add(rotary.width());
      cosines = manager.create(rotary.cosines(places), full);
      sines = manager.create(rotary.sines(places), full);
    }
  }

  /** Returns how the pass computes what is made of matrix products. */
  final Products products() {
    return products;
  }

  /** Turns queries or keys of shape (B, heads, L, headWidth) as their positions say. */
  final NDArray turn(NDArray x) {
    return cosines == null || sines == null ? x : TorchOps.get().rotate(x, cosines, sines);
  }

  /**
   * Attends to what a token may see.
   *
   * @param layer index of the block
   * @param queries shape (B, heads, L, headWidth), turned
   * @param keys shape (B, key heads, L, headWidth), turned
   * @param values as keys
   * @return the shape of queries
   */
  abstract NDArray attend(int layer, NDArray queries, NDArray keys, NDArray values);
}
