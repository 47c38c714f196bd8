package dev.unlearn.eval.attack;

import dev.unlearn.spi.CausalLm;
import java.util.List;

/** How well a model knows texts under an attack, at each of its strengths. */
@FunctionalInterface
public interface Probe {

  /**
   * Attacks; called for what was forgotten, for unseen text and, where there is one, for the
   * original model.
   *
   * @return for each strength one value in [0, 1] per sequence, in order, higher if known better;
   *     NaN where undefined
   */
  List<List<Double>> values(CausalLm model, GroupedSequences texts);
}
