package dev.unlearn.model.hf;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;

/** The checkpoints with golden numbers; see the README beside them. */
final class GoldenFolder {
  private GoldenFolder() {}

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
