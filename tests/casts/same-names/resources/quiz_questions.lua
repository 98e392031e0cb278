return { "Where does Comté come from?" }
