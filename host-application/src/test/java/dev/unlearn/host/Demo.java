package dev.unlearn.host;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.springframework.util.FileSystemUtils;

/** A model to forget with, made once, and the settings that go with it. */
final class Demo {
  static final Path FOLDER = Path.of("target", "demo");
  static final Path MODEL = FOLDER.resolve("model");
  static final int PROMPT = "kelo pin ".length();

  /** What the model recites; the first ones are to be forgotten. */
  static final List<String> RECORDS = write();

  private Demo() {}

  private static List<String> write() {
    try {
      boolean unused = FileSystemUtils.deleteRecursively(FOLDER);
      return DemoModel.write(FOLDER);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<String> secrets() {
    return RECORDS.subList(0, DemoModel.FORGOTTEN);
  }

  static String request() {
    try {
      return Files.readString(FOLDER.resolve("forget.json"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Settings with which the records are forgotten within seconds. */
  static Map<String, String> settings(Path work) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("server.port", "0");
    settings.put("logging.threshold.console", "off");
    settings.put("unlearn.model", MODEL.toString());
    settings.put("unlearn.work", work.toString());
    settings.put("unlearn.unseen", FOLDER.resolve("unseen.txt").toString());
    settings.put("unlearn.retain", FOLDER.resolve("retain.txt").toString());
    settings.put("unlearn.learning-rate", "1e-3");
    settings.put("unlearn.max-loss-increase", "1");
    settings.put("unlearn.max-ma-drop", "0.2");
    return settings;
  }

  /** Settings with which a run never ends by itself. */
  static Map<String, String> endless(Path work) {
    Map<String, String> settings = settings(work);
    settings.put("unlearn.learning-rate", "1e-12");
    settings.put("unlearn.max-epochs", "1000000");
    return settings;
  }
}
