package dev.unlearn.model.hf;

import static java.util.stream.Collectors.joining;

import dev.unlearn.api.UnlearningException;
import java.util.List;

/** The known model families. */
final class Families {
  private static final List<Family> ALL = List.of(new Gpt2Family(), new GptNeoFamily());

  private Families() {}

  static Family of(HfConfig config) {
    String modelType = config.modelType();
    return ALL.stream()
        .filter(family -> family.modelType().equals(modelType))
        .findFirst()
        .orElseThrow(() -> unknown(modelType));
  }

  private static UnlearningException unknown(String modelType) {
    String known = ALL.stream().map(Family::modelType).collect(joining(", "));
    return new UnlearningException("No model_type '" + modelType + "'; known: " + known);
  }
}
