package dev.unlearn.model.torchscript;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.unlearn.TinyModel;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Values;
import dev.unlearn.model.NoTokenizer;
import dev.unlearn.model.Signature;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The modules of {@code /torchscript}; see the README beside them. */
final class Fixtures {
  static final int POSITIONS = 12;
  static final Signature TEXT_GENERATION = Signature.textGeneration(POSITIONS, 2, 2, 8);
  static final List<TokenSequence> ROWS =
      List.of(TokenSequence.of(3, 1, 4, 1, 5, 9, 2, 6, 5), TokenSequence.of(2, 7, 1, 8, 2, 8));

  static final Tokenizer NO_TOKENIZER = new NoTokenizer();

  private Fixtures() {}

  static Path path(String name) {
    URL url = Fixtures.class.getResource("/torchscript/" + name);
    if (url == null) {
      throw new AssertionError("no fixture " + name);
    }
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /** Loads a module; one whose inputs cannot be found out is told what they are. */
  static TrainableCausalLm load(String name) {
    Path file = path(name + ".pt");
    return switch (name) {
      case "past" -> TorchScriptModels.load(file, NO_TOKENIZER, TEXT_GENERATION, TinyModel.ON_CPU);
      case "ids_positions" ->
          TorchScriptModels.load(
              file, NO_TOKENIZER, Signature.ids(POSITIONS).withPositionIds(), TinyModel.ON_CPU);
      default -> TorchScriptModels.load(file, NO_TOKENIZER, TinyModel.ON_CPU);
    };
  }

  /** Returns what Python computes for {@link #ROWS}, by name. */
  static Map<String, double[]> golden(String name) {
    try (NDManager manager = NDManager.newBaseManager(Torch.ENGINE);
        InputStream in = Files.newInputStream(path(name + ".safetensors"))) {
      Map<String, double[]> golden = new HashMap<>();
      for (NDArray array : NDList.decode(manager, in)) {
        golden.put(array.getName(), Values.of(array));
      }
      return golden;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the mean negative log-likelihood of a token of {@link #ROWS}. */
  static double loss(TrainableCausalLm model) {
    List<TokenScores> scores = model.score(ROWS);
    double sum = scores.stream().mapToDouble(TokenScores::negativeLogLikelihood).sum();
    return sum / scores.stream().mapToInt(s -> s.sequence().targetCount()).sum();
  }
}
