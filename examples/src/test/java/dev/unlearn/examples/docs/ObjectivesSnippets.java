package dev.unlearn.examples.docs;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.objective.Objectives;
import dev.unlearn.objective.Refusals;
import dev.unlearn.objective.RetainTerms;
import dev.unlearn.spi.Tokenizer;
import dev.unlearn.spi.train.Objective;
import java.util.List;

final class ObjectivesSnippets {
  private ObjectivesSnippets() {}

  static Objective withTextToKeep() {
    return Objectives.ceU().withRetain(5, RetainTerms.crossEntropy());
  }

  static Objective sum() {
    return Objectives.npo(0.1)
        .plus(0.5, Objectives.invertedHinge())
        .withRetain(1, RetainTerms.kl());
  }

  static ForgetSet withRefusals(ForgetSet set, Tokenizer tokenizer) {
    Refusals refusals =
        Refusals.of(List.of(" I don't know.", " I have no information on that."), 42);
    return set.withAlternatives(refusals.alternatives(set, tokenizer));
  }
}
