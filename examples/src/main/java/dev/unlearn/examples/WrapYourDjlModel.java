package dev.unlearn.examples;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.modality.nlp.DefaultVocabulary;
import ai.djl.modality.nlp.Vocabulary;
import ai.djl.modality.nlp.embedding.TrainableWordEmbedding;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.convolutional.Conv1d;
import ai.djl.nn.core.Linear;
import dev.unlearn.CausalLms;
import dev.unlearn.Unlearner;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.model.Signature;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.Tokenizer;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A network of DJL's own blocks, with a tokenizer of our own, learns records and forgets two of
 * them. What is asked of a block: ids in, logits out, no look ahead, no dropout.
 *
 * <p>Usage: {@code WrapYourDjlModel}.
 */
public final class WrapYourDjlModel {
  private static final String ENGINE = "PyTorch";
  private static final long SEED = 42;

  /** The printable ASCII characters. */
  private static final Vocabulary CHARACTERS =
      new DefaultVocabulary(IntStream.rangeClosed(' ', '~').mapToObj(Character::toString).toList());

  /** How many tokens the network sees: the last ones. */
  private static final int WINDOW = 40;

  private WrapYourDjlModel() {}

  /** Logits (B, L, vocabulary) from ids (B, L): a convolution over embeddings, then two layers. */
  private static Block block() {
    return new SequentialBlock()
        .add(new TrainableWordEmbedding(CHARACTERS, 16)) // (B, L, 16)
        .add(x -> new NDList(x.singletonOrThrow().transpose(0, 2, 1))) // (B, 16, L)
        .add(
            Conv1d.builder()
                .setKernelShape(new Shape(WINDOW))
                .optPadding(new Shape(WINDOW - 1))
                .setFilters(64)
                .build())
        // Padded on both sides: what looks ahead is the end.
        .add(x -> new NDList(x.singletonOrThrow().get(":, :, :-" + (WINDOW - 1)))) // (B, 64, L)
        .add(x -> new NDList(x.singletonOrThrow().transpose(0, 2, 1))) // (B, L, 64)
        .add(Activation.reluBlock())
        .add(Linear.builder().setUnits(CHARACTERS.size()).build());
  }

  /** A token for every character. */
  private static final class Characters implements Tokenizer {
    @Override
    public TokenSequence encode(String text) {
      int[] ids = new int[text.length()];
      for (int i = 0; i < ids.length; i++) {
        String character = text.substring(i, i + 1);
        if (!CHARACTERS.contains(character)) {
          throw new IllegalArgumentException("there is no token for what stands at character " + i);
        }
        ids[i] = (int) CHARACTERS.getIndex(character);
      }
      return TokenSequence.of(ids);
    }

    @Override
    public String decode(int... ids) {
      return Arrays.stream(ids).mapToObj(CHARACTERS::getToken).collect(Collectors.joining());
    }
  }

  /** Runs it; exits with 0 only if the records are forgotten. */
  public static void main(String[] args) throws IOException {
    Host.prepareForSmallModel();
    Path folder = Files.createTempDirectory("unlearn-djl");
    System.exit(run(folder, System.out).outcome() == Outcome.FORGOTTEN ? 0 : 1);
  }

  static ForgetReport run(Path folder, PrintStream out) throws IOException {
    Engine.getEngine(ENGINE).setRandomSeed((int) SEED);
    try (Model djl = Model.newInstance("own", ENGINE)) {
      Block block = block();
      block.initialize(djl.getNDManager(), DataType.FLOAT32, new Shape(1, SyntheticText.LENGTH));
      djl.setBlock(block);
      ForgetReport report;
      Signature signature = Signature.ids(SyntheticText.LENGTH);
      try (TrainableCausalLm model = CausalLms.wrap(djl, new Characters(), signature)) {
        report = forget(model, out);
      }
      djl.save(folder, "own"); // the wrapper is closed, the model is its owner's, and has changed
      out.println("saved by DJL: " + Files.exists(folder.resolve("own-0000.params")));
      return report;
    }
  }

  private static ForgetReport forget(TrainableCausalLm model, PrintStream out) {
    List<TokenSequence> records = Teacher.recite(model, new SyntheticText(SEED).records(4));
    MemorizationAccuracy accuracy = MemorizationAccuracy.of();
    out.println(model.info());
    out.println("MA of four records, before  " + accuracy.measure(model, records).perSequence());
    ForgetReport report =
        Unlearner.builder()
            .optimizer(Optimizers.adam(5e-4))
            .stopWhen(StoppingCriteria.below(accuracy, 0.2).or(StoppingCriteria.maxEpochs(100)))
            .build()
            .forget(model, ForgetSet.of(records.subList(0, 2)));
    out.println("MA of four records, after   " + accuracy.measure(model, records).perSequence());
    out.println("the first two: " + report.outcome() + ", " + report.reason());
    return report;
  }
}
