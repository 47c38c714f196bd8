package dev.unlearn.model.hf;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The checkpoints with golden numbers; see the README beside them. */
final class GoldenFolder {
  private GoldenFolder() {}

  /** Returns the cases of whole models, of every family. */
  static Stream<String> models() {
    return Stream.of(
        "gpt2",
        "gpt2_hubnames",
        "gpt_neo",
        "gpt_neo_hub",
        "opt_pre",
        "opt_post",
        "opt_pre_f16",
        "gpt_neox",
        "gpt_neox_sequential",
        "llama_gqa",
        "llama_tied",
        "llama3_rope",
        "mistral",
        "qwen2",
        "qwen2_window",
        "qwen3",
        "phi",
        "phi_gqa",
        "gemma",
        "gemma2",
        "stablelm");
  }

  /** Returns the folder of a case, for instance {@code "gpt2"}. */
  static Path of(String name) {
    URL config = GoldenFolder.class.getResource("/golden/" + name + "/config.json");
    if (config == null) {
      throw new AssertionError("no golden folder " + name);
    }
    try {
      return Path.of(config.toURI()).getParent();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
