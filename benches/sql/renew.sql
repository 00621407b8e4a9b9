-- What a new incarnation does to every stored document.
UPDATE syncline.documents SET tx = '3'
