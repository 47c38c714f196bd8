package dev.unlearn.model.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.google.gson.JsonObject;
import dev.unlearn.api.UnlearningException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Map;

/** Makes DJL's native tokenizers without any use of the network. */
final class NativeTokenizers {
  private static final Map<String, String> OPTIONS =
      Map.of("addSpecialTokens", "false", "padding", "false", "truncation", "false");

  private NativeTokenizers() {}

  /**
   * Loads a tokenizer that keeps the rules; {@code where} names its source in errors. One at a
   * time, because DJL takes two settings from system properties only: without them it downloads a
   * CUDA build of the tokenizers on a GPU machine, and reports usage.
   */
  static synchronized HuggingFaceTokenizer load(String where, JsonObject json) {
    try (DefaultProperty flavor = new DefaultProperty("RUST_FLAVOR", "cpu");
        DefaultProperty tracking = new DefaultProperty("OPT_OUT_TRACKING", "true")) {
      return HuggingFaceTokenizer.newInstance(
          new ByteArrayInputStream(json.toString().getBytes(UTF_8)), OPTIONS);
    } catch (EngineException e) {
      throw new UnlearningException("cannot load DJL's native tokenizers", e);
    } catch (IOException | RuntimeException e) {
      throw new UnlearningException(
          "%s must hold a tokenizer, but cannot be used: %s".formatted(where, e.getMessage()), e);
    }
  }

  /** A system property that is set for a moment, unless it is set anyway. */
  private static final class DefaultProperty implements AutoCloseable {
    private final String name;
    private final boolean absent;

    DefaultProperty(String name, String value) {
      this.name = name;
      this.absent = System.getProperty(name) == null;
      if (absent) {
        System.setProperty(name, value);
      }
    }

    @Override
    public void close() {
      if (absent) {
        System.clearProperty(name);
      }
    }
  }
}
