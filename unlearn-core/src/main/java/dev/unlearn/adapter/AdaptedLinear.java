package dev.unlearn.adapter;

import dev.unlearn.model.decoder.Linear;
import dev.unlearn.model.decoder.LinearLayout;
import dev.unlearn.model.decoder.LowRank;

/** A linear layer and what an adapter adds to it. */
record AdaptedLinear(Linear linear, LowRank addition) {

  void attach() {
    linear.adapt(addition);
  }

  void detach() {
    linear.plain();
  }

  void merge() {
    linear.merge(addition);
  }

  /** Returns whether PEFT calls the matrix {@code fan_in_fan_out}. */
  boolean isTransposed() {
    return linear.layout() == LinearLayout.IN_OUT;
  }
}
