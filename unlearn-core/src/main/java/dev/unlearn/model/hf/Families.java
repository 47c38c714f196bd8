package dev.unlearn.model.hf;

import static java.util.stream.Collectors.joining;

import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;

/** The known model families: those built in, then those that services add. */
final class Families {
  private static final List<Family> BUILT_IN =
      List.of(
          new Gpt2Family(),
          new GptNeoFamily(),
          new OptFamily(),
          new GptNeoxFamily(),
          new LlamaFamily(),
          new MistralFamily(),
          new Qwen2Family(),
          new Qwen3Family(),
          new PhiFamily(),
          new GemmaFamily(),
          new Gemma2Family());

  private Families() {}

  static Family of(HfConfig config) {
    String modelType = config.modelType();
    return all()
        .filter(family -> family.modelType().equals(modelType))
        .findFirst()
        .orElseThrow(() -> config.wrong("model_type", "one of " + names(), modelType));
  }

  private static Stream<Family> all() {
    Stream<Family> added =
        ServiceLoader.load(Family.class).stream().map(ServiceLoader.Provider::get);
    return Stream.concat(BUILT_IN.stream(), added);
  }

  private static String names() {
    return all().map(Family::modelType).collect(joining(", "));
  }
}
